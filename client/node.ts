/** The client for Node. */
import { createConnectTransport } from "@connectrpc/connect-node";
import { Http2Sessions } from "../services/platform/client/http2-sessions.ts";
import { addressesFromEnvironment, tokensFromEnvironment } from "./environment.ts";
import { buildHoldfast, type Connection, type Holdfast, type HoldfastOptions } from "./holdfast.ts";
import type { TokenSource } from "./token.ts";

export * from "./exports.ts";
export { type SigningOptions, signedTokens } from "./signed-tokens.ts";

/** Larger than every answer of the contract. */
const messageBytes = 32 << 20;
/** Together shorter than an attempt, so that the next one has a new connection. */
const pingBounds = { pingIntervalMs: 1_500, pingTimeoutMs: 1_500 } as const;

/** {@link HoldfastOptions}, of which Node finds the rest in the environment. */
export interface NodeHoldfastOptions extends Omit<HoldfastOptions, "token"> {
  /**
   * The bearer token, or a function that gives one, for example {@link signedTokens}. Default `HOLDFAST_TOKEN` of
   * the environment, else short-lived tokens signed with its `JWT_SECRET` (or the file `JWT_SECRET_FILE`).
   */
  readonly token?: TokenSource;
}

/**
 * A client of Holdfast over HTTP/2: one connection for each service in use. Nothing is sent until the first
 * call.
 *
 * Services without an address in the options are at `CORE_URL`, `PRICING_URL` … of the environment, else on this
 * machine at their usual ports, shifted by `PORT_OFFSET`.
 *
 * @throws RangeError if a bound is not positive. A wrong address is a TypeError where its service is first used.
 * @throws TypeError if neither the options nor the environment say which token to send.
 */
export function createHoldfast(options: NodeHoldfastOptions = {}): Holdfast {
  const given = {
    ...options,
    ...(options.baseUrl === undefined
      ? { urls: { ...addressesFromEnvironment(process.env).urls, ...definedOf(options.urls) } }
      : {}),
    token: options.token ?? tokensFromEnvironment(process.env),
  };
  return buildHoldfast(given, connect);
}

function definedOf(urls: HoldfastOptions["urls"] = {}): NonNullable<HoldfastOptions["urls"]> {
  return Object.fromEntries(Object.entries(urls).filter(([, url]) => url !== undefined));
}

function connect(baseUrl: string): Connection {
  const sessions = new Http2Sessions(baseUrl, pingBounds);
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "2",
    sessionManager: sessions,
    readMaxBytes: messageBytes,
    writeMaxBytes: messageBytes,
  });
  return { transport, close: () => sessions.abort() };
}

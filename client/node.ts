/** The client for Node. */
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { addressesFromEnvironment, tokensFromEnvironment } from "./environment.ts";
import { buildHoldfast, type Connection, type Holdfast, type HoldfastOptions } from "./holdfast.ts";
import type { TokenSource } from "./token.ts";

export * from "./exports.ts";
export { type SigningOptions, signedTokens } from "./signed-tokens.ts";

const limits = {
  messageBytes: 32 << 20,
  /** Shorter than a server's: dropping idle connections first avoids a leak (connect-es#1545). */
  idleConnectionMs: 60_000,
  /** A connection that leads nowhere any more is found and replaced after both, while calls are in flight. */
  pingIntervalMs: 1_500,
  pingTimeoutMs: 1_500,
  /** MiB; with Node's 10 a session ends in ENHANCE_YOUR_CALM after a few large requests. */
  sessionMemoryMib: 1_000,
} as const;

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
  const sessions = new Http2SessionManager(
    baseUrl,
    {
      idleConnectionTimeoutMs: limits.idleConnectionMs,
      pingIntervalMs: limits.pingIntervalMs,
      pingTimeoutMs: limits.pingTimeoutMs,
    },
    { maxSessionMemory: limits.sessionMemoryMib },
  );
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "2",
    sessionManager: sessions,
    readMaxBytes: limits.messageBytes,
    writeMaxBytes: limits.messageBytes,
  });
  return { transport, close: () => sessions.abort() };
}

/** The client for browsers and for every runtime that has `fetch`. */
import { createConnectTransport } from "@connectrpc/connect-web";
import { buildHoldfast, type Holdfast, type HoldfastOptions } from "./holdfast.ts";

export * from "./exports.ts";

/**
 * A client of Holdfast on `fetch`. Nothing is sent until the first call.
 *
 * The services answer pages of other origins only where their `CORS_ORIGINS` allows it. A page should have a
 * token that is bound to its user's account.
 *
 * @throws RangeError if a bound is not positive. A wrong or missing address is a TypeError where its service
 *   is first used.
 */
export function createHoldfast(options: HoldfastOptions): Holdfast {
  return buildHoldfast(options, (baseUrl) => ({
    transport: createConnectTransport({ baseUrl, useBinaryFormat: true }),
    close: () => {},
  }));
}

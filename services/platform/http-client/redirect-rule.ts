import { OutboundError } from "./outbound-error.ts";
import { parseUrl, takeCredentials } from "./url-rule.ts";

/** One request on the way to an answer. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** All that another origin gets to see: anything else may be a credential. */
const harmlessHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "if-modified-since",
  "if-none-match",
  "user-agent",
]);

/**
 * The hop that an answer redirects to, by the rules of RFC 9110 section 15.4 as browsers read them: 303, and
 * 301 or 302 after a POST, become a GET without body. Undefined if it redirects nowhere.
 *
 * @throws OutboundError INVALID_URL, or REDIRECT_REFUSED from https to http or of a body to another origin.
 */
export function redirectedHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!redirectStatuses.has(status) || location === undefined) return undefined;
  const url = parseUrl(location, hop.url);
  // Credentials in a location are the other side's idea and are not used.
  takeCredentials(url);
  if (hop.url.protocol === "https:" && url.protocol === "http:") {
    throw new OutboundError("REDIRECT_REFUSED", "a redirect from https to http is not followed");
  }
  const isOtherOrigin = url.origin !== hop.url.origin;
  const becomesGet =
    (status === 303 && hop.method !== "HEAD") ||
    ((status === 301 || status === 302) && hop.method === "POST");
  if (isOtherOrigin && !becomesGet && hop.body !== undefined) {
    throw new OutboundError("REDIRECT_REFUSED", "a request with a body is not repeated at another origin");
  }
  const isKept = (name: string) =>
    (!isOtherOrigin || harmlessHeaders.has(name)) && !(becomesGet && name.startsWith("content-"));
  return {
    method: becomesGet ? "GET" : hop.method,
    url,
    headers: Object.fromEntries(Object.entries(hop.headers).filter(([name]) => isKept(name))),
    body: becomesGet ? undefined : hop.body,
  };
}

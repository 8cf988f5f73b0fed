import { isIP } from "node:net";
import { refusedRange } from "./address-rule.ts";
import { OutboundError } from "./outbound-error.ts";
import { isAllowedHost, type OutboundRules } from "./outbound-policy.ts";

const defaultPortOf: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * Reads an absolute URL. Decimal, octal, hexadecimal and shortened IPv4 hosts come out in their usual form.
 *
 * @throws OutboundError INVALID_URL, without the text of the URL.
 */
export function parseUrl(text: string, base?: URL): URL {
  // A failed `new URL` would carry the text, with what is secret in it.
  const url = URL.parse(text, base?.href);
  if (url === null) throw new OutboundError("INVALID_URL", "not a URL; expected http://host or https://host");
  if (!(url.protocol in defaultPortOf)) {
    throw new OutboundError("INVALID_URL", `the scheme ${url.protocol}// is not http or https`);
  }
  return url;
}

/**
 * Takes user name and password out of a URL.
 *
 * @returns their Basic authorization; undefined without them.
 * @throws OutboundError INVALID_URL if they are not encoded as UTF-8.
 */
export function takeCredentials(url: URL): string | undefined {
  const { username, password } = url;
  url.username = "";
  url.password = "";
  if (username === "" && password === "") return undefined;
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(credentials).toString("base64")}`;
  } catch {
    throw new OutboundError("INVALID_URL", "its user name or password is not encoded as a URL wants it");
  }
}

/**
 * Checks of a hop what its URL tells: the port, and the address where the host is one. Names are checked when
 * they are resolved for the connection.
 *
 * @throws OutboundError PORT_REFUSED or ADDRESS_REFUSED.
 */
export function checkHop(url: URL, rules: OutboundRules): void {
  const host = hostOf(url);
  const port = url.port === "" ? defaultPortOf[url.protocol]! : Number(url.port);
  if (isAllowedHost(rules, host, port)) return;
  if (rules.ports !== "any" && !rules.ports.includes(port)) {
    throw new OutboundError("PORT_REFUSED", `${url.origin}: calls to port ${port} are not allowed`);
  }
  if (isIP(host) !== 0 && !rules.allowPrivateAddresses) {
    const range = refusedRange(host);
    if (range !== undefined) throw addressRefused(host, "is", range);
  }
}

export function addressRefused(host: string, verb: "is" | "resolves to", range: string): OutboundError {
  return new OutboundError(
    "ADDRESS_REFUSED",
    `${host} ${verb} an address that is not public (${range}), which is not allowed`,
  );
}

/** The host of a URL, an IPv6 address without its brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

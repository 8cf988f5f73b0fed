import type { IncomingHttpHeaders } from "node:http";

/** Hosts known to be good: a server has few names, and calls bring the same again and again. */
const usable = new Set<string>();
const mostRemembered = 100;

/** Whether the host that a request names can stand in a URL; without one it can't. */
export function hasUsableHost(headers: IncomingHttpHeaders): boolean {
  const host = (headers[":authority"] as string | undefined) ?? headers.host ?? "";
  if (usable.has(host)) return true;
  if (host === "" || !URL.canParse(`http://${host}/`)) return false;
  if (usable.size < mostRemembered) usable.add(host);
  return true;
}

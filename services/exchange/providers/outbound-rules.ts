import { OutboundError } from "#platform/http-client/outbound-error.ts";
import { completePolicy, type OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import { checkHop, parseUrl } from "#platform/http-client/url-rule.ts";

/** Hosts from a setting: names or `name:port`, separated by commas. */
export function allowedHostsOf(setting: string): readonly string[] {
  return setting
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
}

/**
 * Why a provider's address may not be called, as far as the address itself tells; a name is checked when it is
 * resolved for a call.
 */
export function refusedAddress(
  url: string,
  policy: OutboundPolicy,
): { readonly isPrivate: boolean; readonly why: string } | undefined {
  try {
    checkHop(parseUrl(url), completePolicy(policy));
    return undefined;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return { isPrivate: error.reason !== "INVALID_URL", why: error.message };
  }
}

const secretParameter = /key|token|secret|password|app_?id|auth|sig/i;

/** An address as it may be shown: without credentials, and without the values of parameters that hold keys. */
export function shownAddress(address: string): string {
  const url = URL.parse(address);
  if (url === null) return "";
  url.username = "";
  url.password = "";
  for (const name of [...url.searchParams.keys()])
    if (secretParameter.test(name)) url.searchParams.set(name, "hidden");
  return url.href;
}

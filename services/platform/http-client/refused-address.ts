import { OutboundError } from "./outbound-error.ts";
import { completePolicy, type OutboundPolicy } from "./outbound-policy.ts";
import { checkHop, parseUrl } from "./url-rule.ts";

/** Hosts from a setting: names or `name:port`, separated by commas. */
export function allowedHostsOf(setting: string): readonly string[] {
  return setting
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
}

/** Why an address may not be called. */
export interface RefusedAddress {
  /** The port or the address itself; false for a text that is no address. */
  readonly isPrivate: boolean;
  readonly why: string;
}

/**
 * Why an address may not be called, as far as the address itself tells; a name is checked when it is resolved for
 * a call.
 */
export function refusedAddress(url: string, policy: OutboundPolicy): RefusedAddress | undefined {
  try {
    checkHop(parseUrl(url), completePolicy(policy));
    return undefined;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return { isPrivate: error.reason !== "INVALID_URL", why: error.message };
  }
}

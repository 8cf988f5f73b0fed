import type { LookupAddress } from "node:dns";
import { refusedRange } from "#platform/http-client/address-rule.ts";
import { completePolicy, isAllowedHost, type OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import { type RefusedAddress, refusedAddress } from "#platform/http-client/refused-address.ts";

/** How a name becomes addresses. */
export type Lookup = (host: string, options: { readonly all: true }) => Promise<readonly LookupAddress[]>;

/**
 * Makes the check of an address that an operator states. It looks names up, so that a private one is refused at
 * once; one that cannot be looked up now passes, since each call checks again.
 */
export function createAddressCheck(policy: OutboundPolicy, lookup: Lookup) {
  const rules = completePolicy(policy);
  return async (address: string): Promise<RefusedAddress | undefined> => {
    const refused = refusedAddress(address, policy);
    const url = URL.parse(address);
    if (refused !== undefined || url === null) return refused;
    const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
    if (rules.allowPrivateAddresses || isAllowedHost(rules, url.hostname, port)) return undefined;
    const found = await lookup(url.hostname.replace(/^\[(.*)\]$/, "$1"), { all: true }).catch(() => []);
    const range = found.map((each) => refusedRange(each.address)).find((each) => each !== undefined);
    if (range === undefined) return undefined;
    return {
      isPrivate: true,
      why: `${url.hostname} resolves to an address that is not public (${range}), which is not allowed`,
    };
  };
}

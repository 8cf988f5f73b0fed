import ipaddr from "ipaddr.js";

/** Azure's metadata service has a public address. */
const metadataAddresses: ReadonlySet<string> = new Set(["168.63.129.16"]);

/** All addresses that are given to hosts (RFC 4291 section 2.4); what lies outside is refused, named or not. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** The well-known prefix under which NAT64 shows IPv4 addresses (RFC 6052); the last 32 bits are the address. */
const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

/**
 * Says why an address must not be called: the kind of range that it lies in, for example `loopback`;
 * undefined for a public one. An IPv4 address inside an IPv6 one (mapped, or under the NAT64 prefix, which
 * networks without IPv4 use for every name) counts as itself; 6to4 and Teredo are refused altogether.
 */
export function refusedRange(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return "invalid";
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return refusedIpv4Range(parsed as ipaddr.IPv4);
  const ipv6 = parsed as ipaddr.IPv6;
  if (ipv6.match(nat64)) return refusedIpv4Range(new ipaddr.IPv4(ipv6.toByteArray().slice(12)));
  const range = ipv6.range();
  if (range !== "unicast") return range;
  return ipv6.match(globalUnicast) ? undefined : "reserved";
}

function refusedIpv4Range(address: ipaddr.IPv4): string | undefined {
  if (metadataAddresses.has(address.toString())) return "metadata";
  const range = address.range();
  return range === "unicast" ? undefined : range;
}

import ipaddr from "ipaddr.js";
import { Type } from "typebox";
import { ConfigError } from "../config/load-config.ts";

/** The setting that names proxies whose word is taken. */
export const trustedProxiesSetting = Type.String({
  default: "",
  maxLength: 4_096,
  description:
    "Addresses and networks (10.0.0.0/8) of proxies before this service, separated by commas; whom they name in X-Forwarded-For counts as the caller's address. Empty trusts none",
});

/** The address of a caller: the other end of the connection, or whom a trusted proxy names in X-Forwarded-For. */
export type ClientAddress = (peer: string, forwardedFor: string | null | undefined) => string;

/** Proxies in a row that are followed. */
const mostHops = 32;

/**
 * Reads the list of trusted proxies.
 *
 * @throws ConfigError for what is neither an address nor a network.
 */
export function createClientAddress(trustedProxies: string): ClientAddress {
  const networks = trustedProxies
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map(readNetwork);
  if (networks.length === 0) return (peer) => peer;
  const isTrusted = (address: string) => ipaddr.isValid(address) && isWithin(networks, address);
  return (peer, forwardedFor) => {
    // Each proxy appends whom it serves. What stands left of the first that is not trusted anybody can have written.
    const named = (forwardedFor ?? "").split(",").slice(-mostHops).reverse();
    let client = peer;
    for (const address of named.map(withoutPort)) {
      if (!isTrusted(client) || !ipaddr.isValid(address)) break;
      client = address;
    }
    return client;
  };
}

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

function readNetwork(text: string): Network {
  const fault = new ConfigError([`TRUSTED_PROXIES: ${text} is neither an address nor a network`]);
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch {
    throw fault;
  }
}

function isWithin(networks: readonly Network[], text: string): boolean {
  const address = ipaddr.process(text);
  return networks.some(
    ([network, bits]) => address.kind() === network.kind() && address.match(network, bits),
  );
}

/** `203.0.113.7:4711` and `[2001:db8::7]:4711`, as some proxies write, without the port. */
function withoutPort(text: string): string {
  const trimmed = text.trim();
  const [, inBrackets, beforePort] = /^\[([^\]]+)\](?::\d+)?$|^([^:]+):\d+$/.exec(trimmed) ?? [];
  return inBrackets ?? beforePort ?? trimmed;
}

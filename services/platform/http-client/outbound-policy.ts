import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { type ProxySettings, readProxySettings } from "./proxy-settings.ts";

/** What a call to the outside may do. Whatever is left out has the default that suits an unknown address. */
export interface OutboundPolicy {
  /** From the call to the last byte of the answer, redirects included, in milliseconds. Default 30,000. */
  readonly totalTimeoutMs?: number;
  /** For name, connection and TLS of each hop, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Greatest size of the answer's body, as sent and after decompression. Default 10 MiB. */
  readonly maxResponseBytes?: number;
  /** Redirects that are followed; one more is an error. Default 3. */
  readonly maxRedirects?: number;
  /** Ports that may be called. Default 80, 443, 8080 and 8443. */
  readonly ports?: readonly number[] | "any";
  /** `host` or `host:port`, to which neither the rule of ports nor that of addresses applies. Default none. */
  readonly allowedHosts?: readonly string[];
  /** Switches the rule of addresses off, for development. Default false. */
  readonly allowPrivateAddresses?: boolean;
  /** Default: what the environment says. */
  readonly proxy?: ProxySettings;
  /** PEM of the authorities to trust in place of the system's. */
  readonly trustedCertificates?: string;
  /** How a name becomes addresses. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
}

/** A policy with its defaults filled in. */
export type OutboundRules = Required<Omit<OutboundPolicy, "trustedCertificates">> &
  Pick<OutboundPolicy, "trustedCertificates">;

const defaultPorts = [80, 443, 8080, 8443] as const;

export function completePolicy(policy: OutboundPolicy): OutboundRules {
  return {
    totalTimeoutMs: 30_000,
    connectTimeoutMs: 5_000,
    maxResponseBytes: 10 << 20,
    maxRedirects: 3,
    ports: defaultPorts,
    allowedHosts: [],
    allowPrivateAddresses: false,
    proxy: policy.proxy ?? readProxySettings(process.env),
    lookup: systemLookup as LookupFunction,
    ...policy,
  };
}

/** Whether the policy names this host, so that it may lie anywhere. `host` is without brackets. */
export function isAllowedHost(rules: OutboundRules, host: string, port: number): boolean {
  const name = host.toLowerCase();
  return rules.allowedHosts.some((allowed) => {
    const entry = allowed.toLowerCase();
    return entry === name || entry === `${name}:${port}` || entry === `[${name}]:${port}`;
  });
}

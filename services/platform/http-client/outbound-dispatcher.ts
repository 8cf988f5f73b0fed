import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { refusedRange } from "./address-rule.ts";
import { OutboundError } from "./outbound-error.ts";
import { isAllowedHost, type OutboundRules } from "./outbound-policy.ts";
import { addressRefused } from "./url-rule.ts";

const maxHeaderBytes = 16_384;

/** Go does the same: a proxy has no way to this machine's own addresses. */
const neverThroughProxy = "localhost,127.0.0.1,::1";

/**
 * What opens the connections of one call.
 *
 * The addresses that a name resolves to are checked inside the lookup whose result the connection uses, so
 * nothing can change between check and connection. Through a proxy the proxy resolves the name: then the rule
 * of addresses holds for hosts that are written as addresses, and for names it is the proxy's to keep. The
 * proxy's own address is the operator's choice and not checked.
 */
export function createDispatcher(rules: OutboundRules): Dispatcher {
  const limits = {
    // One deadline covers all of a call.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: maxHeaderBytes,
    allowH2: false,
    connections: 1,
  };
  const tls = rules.trustedCertificates === undefined ? {} : { ca: rules.trustedCertificates };
  const connectorWith = (lookup: LookupFunction) =>
    buildConnector({ ...tls, timeout: rules.connectTimeoutMs, allowH2: false, lookup } as never);
  const free = connectorWith(rules.lookup);
  const guarded = connectorWith(guardLookup(rules.lookup));
  const connect: buildConnector.connector = (target, callback) => {
    const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
    const isFree = rules.allowPrivateAddresses || isAllowedHost(rules, target.hostname, port);
    (isFree ? free : guarded)(target, callback);
  };
  const { httpProxy = "", httpsProxy = "", noProxy = "" } = rules.proxy;
  if (httpProxy === "" && httpsProxy === "") return new Agent({ ...limits, connect });
  for (const proxy of [httpProxy, httpsProxy]) checkProxy(proxy);
  return new EnvHttpProxyAgent({
    ...limits,
    connect,
    connectTimeout: rules.connectTimeoutMs,
    requestTls: tls,
    httpProxy,
    httpsProxy: httpsProxy === "" ? httpProxy : httpsProxy,
    noProxy: noProxy === "" ? neverThroughProxy : `${noProxy},${neverThroughProxy}`,
  } as EnvHttpProxyAgent.Options);
}

function checkProxy(proxy: string): void {
  if (proxy === "" || /^https?:$/.test(URL.parse(proxy)?.protocol ?? "")) return;
  throw new OutboundError("PROXY", "the environment's proxy is not an http or https URL");
}

/** A lookup that fails as soon as one of the addresses must not be called, whichever would be tried first. */
function guardLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = found as LookupAddress[];
      const range = addresses.map(({ address }) => refusedRange(address)).find((refused) => refused);
      if (range !== undefined) return callback(addressRefused(hostname, "resolves to", range), []);
      const [first] = addresses;
      if (first === undefined)
        return callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), []);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

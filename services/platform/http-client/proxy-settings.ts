/** The proxies through which calls go out, as the environment names them. Empty means none. */
export interface ProxySettings {
  /** For http URLs. */
  readonly httpProxy?: string;
  /** For https URLs; without it `httpProxy` serves them too. */
  readonly httpsProxy?: string;
  /** Hosts that are called directly, separated by commas; `*` is all. */
  readonly noProxy?: string;
}

/** Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY; the lower-case names win, as with curl. */
export function readProxySettings(environment: NodeJS.ProcessEnv): ProxySettings {
  const read = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? "";
  return { httpProxy: read("HTTP_PROXY"), httpsProxy: read("HTTPS_PROXY"), noProxy: read("NO_PROXY") };
}

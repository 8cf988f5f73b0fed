/**
 * A token, or a function that gives one. The function is called before the first call, then in good time before
 * a token that is a JWT expires, and when a server says that the token has expired; it must give a new one then.
 * At most one run of it is under way.
 */
export type TokenSource = string | (() => string | Promise<string>);

/** Keeps the current token. */
export interface TokenHolder {
  /** The current token. While the next one is fetched ahead of time, still the one before. */
  current(): Promise<string>;
  /**
   * Forgets an expired token, unless a newer one is there already.
   *
   * @returns whether `current` may give another one now.
   */
  discard(expired: Promise<string>): boolean;
}

/** The part of a token's life after which the next one is fetched. */
const renewAtShare = 0.8;

/** Fetches tokens from their source and keeps one. */
export function createTokenHolder(source: TokenSource): TokenHolder {
  if (typeof source === "string") {
    const fixed = Promise.resolve(source);
    return { current: () => fixed, discard: () => false };
  }
  let held: Promise<string> | undefined;
  let renewAtMs = Number.POSITIVE_INFINITY;
  let renewing = false;

  const use = (token: Promise<string>, fetchedAtMs: number) => {
    held = token;
    renewAtMs = Number.POSITIVE_INFINITY;
    token.then(
      (text) => {
        if (held === token) renewAtMs = fetchedAtMs + lifeMsOf(text) * renewAtShare;
      },
      // A failure is told to those who wait for it, and the next call asks anew.
      () => {
        if (held === token) held = undefined;
      },
    );
  };
  const fetchToken = async () => source();
  const renew = async (old: Promise<string>) => {
    renewing = true;
    const fetchedAtMs = performance.now();
    try {
      const next = Promise.resolve(await fetchToken());
      if (held === old) use(next, fetchedAtMs);
    } catch {
      // The old one still has a while; the next call tries again.
    } finally {
      renewing = false;
    }
  };
  return {
    current: () => {
      if (held === undefined) use(fetchToken(), performance.now());
      else if (!renewing && performance.now() >= renewAtMs) void renew(held);
      return held as Promise<string>;
    },
    discard: (expired) => {
      if (held === expired) held = undefined;
      return true;
    },
  };
}

/** Life of a JWT in milliseconds by its own times, so that the local time of day does not matter; else endless. */
function lifeMsOf(token: string): number {
  try {
    const claims = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { iat, exp } = JSON.parse(atob(claims)) as { iat?: unknown; exp?: unknown };
    if (typeof iat === "number" && typeof exp === "number" && exp > iat) return (exp - iat) * 1_000;
  } catch {
    // Not a JWT: the server says when it has expired.
  }
  return Number.POSITIVE_INFINITY;
}

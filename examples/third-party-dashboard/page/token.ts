/** What the page's calls ask for. */
export const neededScopes = ["core.read", "pricing.calculate", "exchange.read", "monitoring.read"] as const;

/** Whoever can run a script in the page, or look at it, has the token: this bounds what it is good for. */
const longestLifeSeconds = 3_600;

/** What a token says of itself. */
export interface Token {
  readonly text: string;
  readonly accountId: string;
  readonly expiresAtMs: number;
}

/** A token that this page does not take; the message says why. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

/**
 * Reads a token's claims. The services check its signature; the page only refuses what is more than it needs, so that
 * no wide token comes into a browser by mistake.
 *
 * @throws TokenRefused if it may do or see more, lives longer, or may do less than the page needs.
 */
export function readToken(text: string, nowMs: number): Token {
  const { account, exp = 0, iat = 0, scope = "" } = readClaims(text.trim());
  const scopes = scope.split(" ").filter((each) => each !== "");
  const tooMuch = scopes.filter((each) => !neededScopes.some((needed) => needed === each));
  const missing = neededScopes.filter((needed) => !scopes.includes(needed));
  if (account === undefined || account === "")
    throw new TokenRefused("This token is good for every account. A page gets one that is bound to its own.");
  if (tooMuch.length > 0)
    throw new TokenRefused(`This token may do more than this page needs: ${tooMuch.join(", ")}.`);
  if (exp - iat > longestLifeSeconds) throw new TokenRefused("This token lives longer than an hour.");
  if (exp * 1_000 <= nowMs) throw new TokenRefused("This token has expired. Make a new one.");
  if (missing.length > 0) throw new TokenRefused(`This token lacks ${missing.join(", ")}.`);
  return { text: text.trim(), accountId: account, expiresAtMs: exp * 1_000 };
}

interface Claims {
  readonly account?: string;
  readonly exp?: number;
  readonly iat?: number;
  readonly scope?: string;
}

function readClaims(text: string): Claims {
  try {
    const payload = text.split(".")[1] ?? "";
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
  } catch {
    throw new TokenRefused("This is no token: one has three parts with dots between them.");
  }
}

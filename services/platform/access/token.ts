import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";

/** Audience of every token. */
export const tokenAudience = "holdfast";
/** Issuer of the tokens that the system itself signs. */
export const tokenIssuer = "holdfast";
/** How far clocks may differ: a token passes that much before its `nbf` and after its `exp`. */
export const clockToleranceSeconds = 5;

/** What a token should say. */
export interface TokenClaims {
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Binds the token to one account. */
  readonly account?: string;
  readonly ttlSeconds: number;
}

/** Signs a token with the shared secret: HS256, with the claims that the gate requires. */
export async function signToken(
  secret: Uint8Array,
  claims: TokenClaims,
): Promise<{ token: string; id: string; expiresAtMs: number }> {
  const id = randomUUID();
  const issuedAtSeconds = Math.floor(Date.now() / 1_000);
  const expiresAtSeconds = issuedAtSeconds + claims.ttlSeconds;
  const payload = {
    scope: claims.scopes.join(" "),
    ...(claims.account === undefined ? {} : { account: claims.account }),
  };
  const token = await new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(claims.subject)
    .setIssuer(tokenIssuer)
    .setAudience(tokenAudience)
    .setJti(id)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(expiresAtSeconds)
    .sign(secret);
  return { token, id, expiresAtMs: expiresAtSeconds * 1_000 };
}

/**
 * A source of short-lived tokens for calls from one service to another. A token is used for four fifths of
 * its life and then replaced.
 */
export function serviceTokenSource(
  secret: Uint8Array,
  service: string,
  scopes: readonly string[],
): () => Promise<string> {
  const ttlSeconds = 300;
  let current: Promise<string> | undefined;
  let renewAtMs = 0;
  return () => {
    const nowMs = Date.now();
    if (current === undefined || nowMs >= renewAtMs) {
      renewAtMs = nowMs + ttlSeconds * 800;
      current = signToken(secret, { subject: `service:${service}`, scopes, ttlSeconds }).then(
        ({ token }) => token,
      );
    }
    return current;
  };
}

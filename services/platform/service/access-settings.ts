import type { JWK } from "jose";
import type { TokenVerifierOptions } from "../access/token-verifier.ts";

/** Settings that say which tokens are accepted. */
export interface AccessSettings {
  readonly JWT_SECRET: string;
  readonly JWT_SECRET_PREVIOUS?: string;
  readonly JWT_JWKS?: string;
  readonly JWT_ISSUER: string;
}

/** The bytes of the secret that this system signs with. */
export function signingSecret(settings: AccessSettings): Uint8Array {
  return new TextEncoder().encode(settings.JWT_SECRET);
}

/**
 * What the token verifier needs of the settings.
 *
 * @throws Error if JWT_JWKS is no JWK set.
 */
export function tokenVerifierOptions(settings: AccessSettings): TokenVerifierOptions {
  const previous = settings.JWT_SECRET_PREVIOUS;
  return {
    secrets: [settings.JWT_SECRET, ...(previous === undefined ? [] : [previous])].map((secret) =>
      new TextEncoder().encode(secret),
    ),
    ...(settings.JWT_JWKS === undefined ? {} : { jwks: parseJwks(settings.JWT_JWKS) }),
    issuer: settings.JWT_ISSUER,
  };
}

function parseJwks(text: string): { keys: JWK[] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error("JWT_JWKS is not JSON");
  }
  const keys = (parsed as { keys?: unknown })?.keys;
  if (!Array.isArray(keys)) throw new Error('JWT_JWKS is no JWK set: it needs {"keys": [...]}');
  return { keys: keys as JWK[] };
}

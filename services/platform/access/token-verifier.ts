import { type CryptoKey, errors, importJWK, type JWK, type JWTPayload, jwtVerify } from "jose";
import { CommonError } from "../errors/common-error.ts";
import type { Caller } from "./caller.ts";
import { clockToleranceSeconds, tokenAudience, tokenIssuer } from "./token.ts";
import { createTokenMemory } from "./token-memory.ts";

/** Which tokens to accept. */
export interface TokenVerifierOptions {
  /** Secrets for HS256, newest first; the others are accepted during a rotation. At least 32 bytes each. */
  readonly secrets: readonly Uint8Array[];
  /** Public keys as a JWK set; each key must state its algorithm. */
  readonly jwks?: { readonly keys: readonly JWK[] };
  /** The `iss` that tokens must have; tokens of this system itself (its secrets, its own issuer) pass beside it. */
  readonly issuer: string;
}

/** A token that was found good. */
export interface VerifiedToken {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

/** Checks a token, at once if it is known; throws or rejects with TOKEN_INVALID or TOKEN_EXPIRED. */
export type TokenVerifier = (token: string) => VerifiedToken | Promise<VerifiedToken>;

const asymmetricAlgorithms = new Set([
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
]);
const minimumSecretBytes = 32;
const maximumKeys = 16;
const maximumTokenLength = 8_192;
const rememberedTokens = 10_000;

/** A key with the one algorithm that it verifies: never the one that a token's header asks for. */
interface PinnedKey {
  readonly key: CryptoKey | Uint8Array;
  readonly algorithm: string;
  /** Whose tokens the key may sign. */
  readonly issuers: string[];
}

/**
 * Builds the verifier. A good token is remembered until it expires, since the same token comes with every
 * call of a client and a signature costs far more than a look-up; revocation is the deny-list's matter.
 *
 * @throws Error if a secret is too short or a key is not a public one that states an asymmetric algorithm.
 */
export async function createTokenVerifier(options: TokenVerifierOptions): Promise<TokenVerifier> {
  const keys = [
    ...options.secrets.map((secret) => pinSecret(secret, options.issuer)),
    ...(await Promise.all((options.jwks?.keys ?? []).map((jwk) => pinKey(jwk, options.issuer)))),
  ];
  if (keys.length === 0 || keys.length > maximumKeys)
    throw new Error(`1 to ${maximumKeys} token keys are needed`);
  const remembered = createTokenMemory<VerifiedToken>(rememberedTokens);
  const verifyNew = async (token: string) => {
    if (token.length > maximumTokenLength) throw invalidToken();
    const verified = await verifyWithAny(keys, token);
    remembered.set(token, verified);
    return verified;
  };
  return (token) => remembered.get(token, Date.now()) ?? verifyNew(token);
}

function pinSecret(secret: Uint8Array, issuer: string): PinnedKey {
  if (secret.length < minimumSecretBytes)
    throw new Error(`a token secret needs at least ${minimumSecretBytes} bytes`);
  // With another issuer configured, the services still sign the tokens for calls among themselves.
  return { key: secret, algorithm: "HS256", issuers: [issuer, tokenIssuer] };
}

async function pinKey(jwk: JWK, issuer: string): Promise<PinnedKey> {
  const algorithm = jwk?.alg ?? "";
  if (!asymmetricAlgorithms.has(algorithm))
    throw new Error("a key of the JWK set states no asymmetric algorithm (alg)");
  if (jwk.d !== undefined) throw new Error("a key of the JWK set is a private one; give the public one");
  return { key: (await importJWK(jwk, algorithm)) as CryptoKey, algorithm, issuers: [issuer] };
}

async function verifyWithAny(keys: readonly PinnedKey[], token: string): Promise<VerifiedToken> {
  for (const { key, algorithm, issuers } of keys) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        issuer: issuers,
        audience: tokenAudience,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ["exp", "iat", "sub"],
      });
      return toVerified(payload);
    } catch (error) {
      // Only a good signature gets as far as the expiry, so no other key can do better.
      if (error instanceof errors.JWTExpired)
        throw new CommonError("TOKEN_EXPIRED", "the token has expired", { cause: error });
      if (
        error instanceof errors.JWTClaimValidationFailed &&
        error.claim === "nbf" &&
        error.reason === "check_failed"
      )
        throw new CommonError("TOKEN_EXPIRED", "the token is not valid yet", { cause: error });
    }
  }
  throw invalidToken();
}

function toVerified(payload: JWTPayload): VerifiedToken {
  const { sub, scope, account, jti } = payload;
  if (typeof sub !== "string" || sub === "") throw invalidToken();
  // An id of another type would never be found on the deny-list.
  if (jti !== undefined && typeof jti !== "string") throw invalidToken();
  if (scope !== undefined && typeof scope !== "string") throw invalidToken();
  if (account !== undefined && (typeof account !== "string" || account === "")) throw invalidToken();
  return {
    caller: {
      subject: sub,
      scopes: new Set((scope ?? "").split(" ").filter((name) => name !== "")),
      account,
      tokenId: jti,
    },
    expiresAtMs: (payload.exp ?? 0) * 1_000,
  };
}

function invalidToken(): CommonError {
  return new CommonError(
    "TOKEN_INVALID",
    "the token is not valid here: wrong form, key, algorithm, issuer, audience or claims",
  );
}

import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { knownScopes } from "../contract/rpc-list.ts";

type Claims = Readonly<Record<string, unknown>>;

/** What a forger knows and does not know. */
export interface TokenParts {
  /** The secret of the system. */
  readonly secret: string;
  /** A key pair whose public half the system accepts, and one that it does not know. */
  readonly configured: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly foreign: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

/** The key id under which the configured public key is known. */
export const configuredKeyId = "partner-1";

/** Makes the keys, and the JWK set for the settings of the system. */
export function createTokenKeys() {
  const configured = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = configured.publicKey.export({ format: "jwk" });
  return {
    configured,
    foreign,
    jwks: JSON.stringify({ keys: [{ ...jwk, alg: "RS256", kid: configuredKeyId }] }),
  };
}

/** A JWT made by hand, so that it can be wrong in any way. */
function forge(header: Claims, claims: Claims, signature: (signed: string) => Buffer): string {
  const part = (value: Claims) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ typ: "JWT", ...header })}.${part(claims)}`;
  return `${signed}.${signature(signed).toString("base64url")}`;
}

const hmac =
  (secret: string | Buffer, hash = "sha256") =>
  (signed: string) =>
    createHmac(hash, secret).update(signed).digest();
const rsa = (key: KeyObject) => (signed: string) => sign("sha256", Buffer.from(signed), key);
const nothing = () => Buffer.alloc(0);

/** A token that is no good, and the reason that every door gives. */
export interface ForgedToken {
  readonly what: string;
  readonly token: string;
  readonly reason: "TOKEN_INVALID" | "TOKEN_EXPIRED";
}

/** Good tokens made by hand: what the forged ones would be if they had not their fault. */
export function goodTokens({ secret, configured }: TokenParts): readonly string[] {
  return [
    forge({ alg: "HS256" }, goodClaims(), hmac(secret)),
    forge({ alg: "RS256", kid: configuredKeyId }, goodClaims(), rsa(configured.privateKey)),
  ];
}

function goodClaims(): Claims {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const times = { iat: nowSeconds, exp: nowSeconds + 3_600 };
  return { iss: "holdfast", aud: "holdfast", sub: "forger", scope: knownScopes.join(" "), ...times };
}

/** Every way to be wrong. */
export function forgedTokens({ secret, configured, foreign }: TokenParts): readonly ForgedToken[] {
  const good = goodClaims();
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const hs256 = { alg: "HS256" };
  const rs256 = { alg: "RS256", kid: configuredKeyId };
  const pem = configured.publicKey.export({ type: "spki", format: "pem" });
  const der = configured.publicKey.export({ type: "spki", format: "der" });
  const foreignJwk = foreign.publicKey.export({ format: "jwk" });
  const without = (claim: string) =>
    Object.fromEntries(Object.entries(good).filter(([name]) => name !== claim));
  const invalid: ReadonlyArray<[what: string, token: string]> = [
    ["that is no JWT", "garbage"],
    ["of three meaningless parts", "a.b.c"],
    ["of four parts", `${forge(hs256, good, hmac(secret))}.x`],
    ["of 9,000 characters", "x".repeat(9_000)],
    ["with the algorithm none", forge({ alg: "none" }, good, nothing)],
    ["with the algorithm nOnE and a signature", forge({ alg: "nOnE" }, good, hmac(secret))],
    ["without its signature", forge(hs256, good, nothing)],
    ["signed with another secret", forge(hs256, good, hmac("y".repeat(43)))],
    ["signed with an empty secret", forge(hs256, good, hmac(""))],
    ["signed with HS512", forge({ alg: "HS512" }, good, hmac(secret, "sha512"))],
    ["that says HS256 over an HS512 signature", forge(hs256, good, hmac(secret, "sha512"))],
    ["that says RS256 over an HMAC", forge(rs256, good, hmac(secret))],
    [
      "whose HMAC has the public key's PEM for a secret",
      forge({ ...rs256, ...hs256 }, good, hmac(pem as string)),
    ],
    ["whose HMAC has the public key's bytes for a secret", forge({ ...rs256, ...hs256 }, good, hmac(der))],
    ["signed with an unknown key under a known id", forge(rs256, good, rsa(foreign.privateKey))],
    ["that brings its own key", forge({ alg: "RS256", jwk: foreignJwk }, good, rsa(foreign.privateKey))],
    [
      "that names the address of its key",
      forge({ alg: "RS256", jku: "http://127.0.0.1:1/keys" }, good, rsa(foreign.privateKey)),
    ],
    ["whose key id is a path", forge({ ...hs256, kid: "../../../dev/null" }, good, hmac(""))],
    [
      "with a critical extension that nobody knows",
      forge({ ...hs256, crit: ["x"], x: 1 }, good, hmac(secret)),
    ],
    ["for another audience", forge(hs256, { ...good, aud: "elsewhere" }, hmac(secret))],
    ["of another issuer", forge(hs256, { ...good, iss: "elsewhere" }, hmac(secret))],
    ...["exp", "iat", "sub", "aud", "iss"].map((claim): [string, string] => [
      `without ${claim}`,
      forge(hs256, without(claim), hmac(secret)),
    ]),
    ["with scopes that are no text", forge(hs256, { ...good, scope: ["a"] }, hmac(secret))],
    ["of an empty account", forge(hs256, { ...good, account: "" }, hmac(secret))],
    ["of an account that is no text", forge(hs256, { ...good, account: { a: 1 } }, hmac(secret))],
    ["with an id that is no text", forge(hs256, { ...good, jti: 7 }, hmac(secret))],
  ];
  const outOfTime: ReadonlyArray<[what: string, token: string]> = [
    ["that has expired", forge(hs256, { ...good, exp: nowSeconds - 60 }, hmac(secret))],
    [
      "of a known key that has expired",
      forge(rs256, { ...good, exp: nowSeconds - 60 }, rsa(configured.privateKey)),
    ],
    ["that is not valid yet", forge(hs256, { ...good, nbf: nowSeconds + 7_200 }, hmac(secret))],
  ];
  return [
    ...invalid.map(([what, token]) => ({ what, token, reason: "TOKEN_INVALID" as const })),
    ...outOfTime.map(([what, token]) => ({ what, token, reason: "TOKEN_EXPIRED" as const })),
  ];
}

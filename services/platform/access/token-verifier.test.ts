import assert from "node:assert/strict";
import { createHmac, KeyObject } from "node:crypto";
import { before, describe, test } from "node:test";
import { exportJWK, exportSPKI, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from "jose";
import { signToken } from "./token.ts";
import { createTokenVerifier, type TokenVerifier } from "./token-verifier.ts";

const secret = new TextEncoder().encode("A7q2mXw9Zr4Lb8Vn1Ks6Pd3Hf5Gj0Yc-current");
const previousSecret = new TextEncoder().encode("B7q2mXw9Zr4Lb8Vn1Ks6Pd3Hf5Gj0Yc-previous");
const otherSecret = new TextEncoder().encode("C7q2mXw9Zr4Lb8Vn1Ks6Pd3Hf5Gj0Yc-unknown");
const algorithms = ["ES256", "RS256", "EdDSA"] as const;
type Algorithm = (typeof algorithms)[number];

const pairs = new Map<Algorithm, GenerateKeyPairResult>();
let jwks: { keys: JWK[] };
let verify: TokenVerifier;

before(async () => {
  for (const algorithm of algorithms)
    pairs.set(algorithm, await generateKeyPair(algorithm, { extractable: true }));
  jwks = {
    keys: await Promise.all(
      algorithms.map(async (alg) => ({ ...(await exportJWK(pairOf(alg).publicKey)), alg })),
    ),
  };
  verify = await createTokenVerifier({ secrets: [secret, previousSecret], jwks, issuer: "holdfast" });
});

function pairOf(algorithm: Algorithm): GenerateKeyPairResult {
  return pairs.get(algorithm) as GenerateKeyPairResult;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

function goodClaims() {
  return {
    iss: "holdfast",
    aud: "holdfast",
    sub: "key:ak_1",
    jti: "t-1",
    scope: "core.read core.charge",
    iat: nowSeconds(),
    exp: nowSeconds() + 600,
  };
}

/** Signs any claims, also such as no library would let one sign. */
function forge(
  claims: object,
  { header = {}, key = secret as Uint8Array | string, hash = "sha256" } = {},
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT", ...header })}.${part(claims)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest("base64url")}`;
}

function signWith(algorithm: Algorithm, { alg = algorithm as string, claims = {} } = {}): Promise<string> {
  return new SignJWT({ ...goodClaims(), ...claims })
    .setProtectedHeader({ alg })
    .sign(pairOf(algorithm).privateKey);
}

describe("good tokens", () => {
  test("one signed here says who calls, for what, and until when", async () => {
    const { token, id } = await signToken(secret, {
      subject: "service:core",
      scopes: ["pricing.calculate", "exchange.read"],
      account: "acme",
      ttlSeconds: 60,
    });
    const { caller, expiresAtMs } = await verify(token);
    assert.deepEqual(caller, {
      subject: "service:core",
      scopes: new Set(["pricing.calculate", "exchange.read"]),
      account: "acme",
      tokenId: id,
    });
    assert.ok(Math.abs(expiresAtMs - Date.now() - 60_000) < 30_000);
  });

  test("the previous secret is accepted beside the current one", async () => {
    for (const key of [secret, previousSecret])
      assert.equal((await verify(forge(goodClaims(), { key }))).caller.subject, "key:ak_1");
  });

  for (const algorithm of algorithms) {
    test(`a key of the JWK set is accepted with its ${algorithm}`, async () => {
      const { caller } = await verify(await signWith(algorithm));
      assert.deepEqual([...caller.scopes], ["core.read", "core.charge"]);
      assert.equal(caller.account, undefined);
    });
  }

  test("no scope claim means no scope", async () => {
    const { scope: _, ...claims } = goodClaims();
    assert.equal((await verify(forge(claims))).caller.scopes.size, 0);
  });

  test("one audience of several is enough", async () => {
    await verify(forge({ ...goodClaims(), aud: ["other", "holdfast"] }));
  });

  test("with an issuer of its own, a system still accepts the tokens among its services", async () => {
    const verifier = await createTokenVerifier({ secrets: [secret], jwks, issuer: "https://login.test" });
    const { token } = await signToken(secret, { subject: "service:core", scopes: [], ttlSeconds: 60 });
    await verifier(token);
    await verifier(await signWith("ES256", { claims: { iss: "https://login.test" } }));
    await assert.rejects(async () => verifier(await signWith("ES256")), { reason: "TOKEN_INVALID" });
  });
});

describe("hostile tokens", () => {
  const without = (name: string) => ({ ...goodClaims(), [name]: undefined });
  const withClaims = (claims: object) => forge({ ...goodClaims(), ...claims });
  const unsigned = (alg: string) => forge(goodClaims(), { header: { alg } }).replace(/[^.]*$/, "");
  const pemOf = (algorithm: Algorithm) => exportSPKI(pairOf(algorithm).publicKey);

  const cases: Record<string, () => string | Promise<string>> = {
    "nothing at all": () => "",
    "no token": () => "abc",
    "three dots": () => "...",
    "alg none": () => unsigned("none"),
    "alg NONE with a signature": () => forge(goodClaims(), { header: { alg: "NONE" } }),
    "alg missing": () => forge(goodClaims(), { header: { alg: undefined } }),
    "HS512 with the right secret": () => forge(goodClaims(), { header: { alg: "HS512" }, hash: "sha512" }),
    "HS256 in the header, HS512 in the signature": () => forge(goodClaims(), { hash: "sha512" }),
    "a secret unknown here": () => forge(goodClaims(), { key: otherSecret }),
    "HS256 with a public RSA key's PEM as the secret": async () =>
      forge(goodClaims(), { key: await pemOf("RS256") }),
    "HS256 with a public EC key's PEM as the secret": async () =>
      forge(goodClaims(), { key: await pemOf("ES256") }),
    "HS256 with a public RSA key's modulus as the secret": () =>
      forge(goodClaims(), { key: Buffer.from(jwks.keys[1]?.n ?? "", "base64url") }),
    "RS512 with a key pinned to RS256": () =>
      new SignJWT(goodClaims())
        .setProtectedHeader({ alg: "RS512" })
        .sign(asKeyObject(pairOf("RS256").privateKey)),
    "a key of its own in the header": async () => {
      const own = await generateKeyPair("ES256", { extractable: true });
      return new SignJWT(goodClaims())
        .setProtectedHeader({ alg: "ES256", jwk: await exportJWK(own.publicKey) })
        .sign(own.privateKey);
    },
    "an unknown critical header": () => forge(goodClaims(), { header: { crit: ["x"], x: 1 } }),
    "another issuer": () => withClaims({ iss: "someone" }),
    "no issuer": () => forge(without("iss")),
    "another audience": () => withClaims({ aud: "other" }),
    "no audience": () => forge(without("aud")),
    "no expiry": () => forge(without("exp")),
    "an expiry in words": () => withClaims({ exp: "never" }),
    "no time of issue": () => forge(without("iat")),
    "no subject": () => forge(without("sub")),
    "an empty subject": () => withClaims({ sub: "" }),
    "a subject that is no text": () => withClaims({ sub: { name: "a" } }),
    "an id that is no text": () => withClaims({ jti: 7 }),
    "a scope that is an array": () => withClaims({ scope: ["core.read"] }),
    "an empty account": () => withClaims({ account: "" }),
    "an account that is no text": () => withClaims({ account: ["a", "b"] }),
    "claims that are no object": () => forge([1]),
    "a good token that is too long": () => withClaims({ padding: "x".repeat(8_192) }),
    "a good token cut short": () => forge(goodClaims()).slice(0, -1),
    "a good signature under other claims": () => {
      const [header, , signature] = forge(goodClaims()).split(".");
      const [, claims] = withClaims({ scope: "core.manage" }).split(".");
      return [header, claims, signature].join(".");
    },
  };
  for (const [name, make] of Object.entries(cases)) {
    test(`${name}: TOKEN_INVALID`, async () => {
      await assert.rejects(async () => verify(await make()), { reason: "TOKEN_INVALID" });
    });
  }

  const outOfTime: Record<string, object> = {
    "expired a minute ago": { exp: nowSeconds() - 60 },
    "expired in 1970": { exp: 1 },
    "not valid yet": { nbf: nowSeconds() + 3_600 },
  };
  for (const [name, claims] of Object.entries(outOfTime)) {
    test(`${name}: TOKEN_EXPIRED, with every key`, async () => {
      for (const key of [secret, previousSecret])
        await assert.rejects(async () => verify(forge({ ...goodClaims(), ...claims }, { key })), {
          reason: "TOKEN_EXPIRED",
        });
      await assert.rejects(async () => verify(await signWith("EdDSA", { claims })), {
        reason: "TOKEN_EXPIRED",
      });
    });
  }

  test("time says nothing of a token whose signature is wrong", async () => {
    await assert.rejects(async () => verify(forge({ ...goodClaims(), exp: 1 }, { key: otherSecret })), {
      reason: "TOKEN_INVALID",
    });
  });
});

test("a token that was good is refused once its time is over, though it is remembered", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const token = forge({ ...goodClaims(), exp: nowSeconds() + 10 });
  await verify(token);
  t.mock.timers.tick(9_000);
  await verify(token);
  t.mock.timers.tick(7_000);
  await assert.rejects(async () => verify(token), { reason: "TOKEN_EXPIRED" });
});

describe("keys that are refused at start", () => {
  const publicJwk = () => jwks.keys[0] as JWK;
  const cases: Record<string, () => Promise<Parameters<typeof createTokenVerifier>[0]>> = {
    "a secret of 31 bytes": async () => ({ secrets: [new Uint8Array(31)], issuer: "i" }),
    "a short previous secret": async () => ({ secrets: [secret, new Uint8Array(3)], issuer: "i" }),
    "no key at all": async () => ({ secrets: [], issuer: "i" }),
    "seventeen keys": async () => ({ secrets: Array.from({ length: 17 }, () => secret), issuer: "i" }),
    "a JWK without alg": async () => ({
      secrets: [secret],
      jwks: { keys: [{ ...publicJwk(), alg: undefined as never }] },
      issuer: "i",
    }),
    "a JWK with a symmetric alg": async () => ({
      secrets: [],
      jwks: { keys: [{ kty: "oct", k: Buffer.from(secret).toString("base64url"), alg: "HS256" }] },
      issuer: "i",
    }),
    "a JWK with alg none": async () => ({
      secrets: [secret],
      jwks: { keys: [{ ...publicJwk(), alg: "none" }] },
      issuer: "i",
    }),
    "a private JWK": async () => ({
      secrets: [secret],
      jwks: { keys: [{ ...(await exportJWK(pairOf("ES256").privateKey)), alg: "ES256" }] },
      issuer: "i",
    }),
    "a JWK whose alg is not its key's": async () => ({
      secrets: [secret],
      jwks: { keys: [{ ...publicJwk(), alg: "EdDSA" }] },
      issuer: "i",
    }),
    "no JWK": async () => ({ secrets: [secret], jwks: { keys: [null as never] }, issuer: "i" }),
  };
  for (const [name, options] of Object.entries(cases)) {
    test(name, async () => {
      await assert.rejects(createTokenVerifier(await options()), Error);
    });
  }
});

function asKeyObject(key: GenerateKeyPairResult["privateKey"]): KeyObject {
  return KeyObject.from(key as never);
}

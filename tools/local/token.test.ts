import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { jwtVerify } from "jose";
import { signToken } from "#platform/access/token.ts";
import { listScopes } from "./scopes.ts";
import { readSigningSecret, readTokenClaims } from "./token.ts";

const secret = "0123456789abcdef0123456789abcdef";

const folder = mkdtempSync(join(tmpdir(), "holdfast-token-"));
after(() => rmSync(folder, { recursive: true }));

test("every scope of the contract is known, each once", () => {
  const scopes = listScopes();
  for (const scope of [
    "core.charge",
    "pricing.calculate",
    "exchange.read",
    "monitoring.write",
    "admin.finance",
  ]) {
    assert.equal(scopes.filter((one) => one === scope).length, 1, scope);
  }
});

test("by default a token has every scope, no account, and lasts an hour", () => {
  assert.deepEqual(readTokenClaims({ ACCOUNT: "", SCOPES: "", TTL: "" }), {
    subject: "dev:local",
    scopes: listScopes(),
    ttlSeconds: 3_600,
  });
});

test("account and scopes are taken over", () => {
  const claims = readTokenClaims({ ACCOUNT: "acme:1", SCOPES: "core.read, core.charge pricing.read" });
  assert.equal(claims.account, "acme:1");
  assert.deepEqual(claims.scopes, ["core.read", "core.charge", "pricing.read"]);
});

const lifetimes: ReadonlyArray<[text: string, seconds: number]> = [
  ["90", 90],
  ["90s", 90],
  ["15m", 900],
  ["2h", 7_200],
  ["30d", 2_592_000],
];
for (const [text, seconds] of lifetimes) {
  test(`TTL=${text} is ${seconds} s`, () => {
    assert.equal(readTokenClaims({ TTL: text }).ttlSeconds, seconds);
  });
}

test("the token verifies with the secret, which may lie in a file, and has what the services require", async () => {
  const path = join(folder, "secret");
  writeFileSync(path, `${secret}\n`);
  const signingSecret = readSigningSecret({ JWT_SECRET_FILE: path });
  assert.deepEqual(signingSecret, readSigningSecret({ JWT_SECRET: secret }));
  const { token } = await signToken(signingSecret, readTokenClaims({ TTL: "1m" }));
  const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
    algorithms: ["HS256"],
    issuer: "holdfast",
    audience: "holdfast",
    requiredClaims: ["exp", "iat", "sub", "jti"],
  });
  assert.equal(payload.exp! - payload.iat!, 60);
});

const refused: ReadonlyArray<[name: string, environment: NodeJS.ProcessEnv, reason: RegExp]> = [
  [
    "an unknown scope",
    { SCOPES: "core.read,core.steal" },
    /SCOPES has unknown core\.steal; there are admin\./,
  ],
  ["an impossible account", { ACCOUNT: "a b" }, /ACCOUNT must be/],
  ["no lifetime", { TTL: "0" }, /TTL=0 must be/],
  ["a lifetime beyond 30 days", { TTL: "31d" }, /TTL=31d must be/],
  ["a lifetime in words", { TTL: "soon" }, /TTL=soon must be/],
];
for (const [name, environment, reason] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(() => readTokenClaims(environment), reason);
  });
}

for (const [name, environment] of [
  ["a short secret", { JWT_SECRET: "short" }],
  ["no secret", {}],
] as const) {
  test(`${name} is refused`, () => {
    assert.throws(() => readSigningSecret(environment), /JWT_SECRET must have at least 32 characters/);
  });
}

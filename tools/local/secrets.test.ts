import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseEnv } from "node:util";
import { ensureSecrets, loadSecrets } from "./secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-secrets-"));
after(() => rmSync(folder, { recursive: true }));

test("first use writes random secrets that only the owner can read", () => {
  const path = join(folder, "first");
  assert.deepEqual(ensureSecrets(path), [
    "JWT_SECRET",
    "ADMIN_KEY",
    "AUDIT_KEY",
    "CHANNEL_KEY",
    "REDIS_PASSWORD",
  ]);
  const secrets = Object.values(parseEnv(readFileSync(path, "utf8")));
  assert.equal(new Set(secrets).size, 5);
  for (const secret of secrets) {
    assert.match(secret ?? "", /^[\w-]{43}$/);
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a second use changes nothing", () => {
  const path = join(folder, "second");
  ensureSecrets(path);
  const before = readFileSync(path, "utf8");
  assert.deepEqual(ensureSecrets(path), []);
  assert.equal(readFileSync(path, "utf8"), before);
});

test("missing secrets are added to a file of one's own, whose lines stay, and its mode is tightened", () => {
  const path = join(folder, "own");
  writeFileSync(path, "# mine\nJWT_SECRET=mine\nSTRIPE_SECRET_KEY='a b'");
  chmodSync(path, 0o644);
  assert.deepEqual(ensureSecrets(path), ["ADMIN_KEY", "AUDIT_KEY", "CHANNEL_KEY", "REDIS_PASSWORD"]);
  const text = readFileSync(path, "utf8");
  assert.ok(text.startsWith("# mine\nJWT_SECRET=mine\nSTRIPE_SECRET_KEY='a b'\nADMIN_KEY="));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a file from before AUDIT_KEY keeps its ADMIN_KEY for the audit entries that were sealed with it", () => {
  const path = join(folder, "earlier");
  const adminKey = "k".repeat(43);
  writeFileSync(path, `JWT_SECRET=mine\nADMIN_KEY=${adminKey}\nREDIS_PASSWORD=mine\n`);
  assert.deepEqual(ensureSecrets(path), ["AUDIT_KEY", "CHANNEL_KEY"]);
  assert.equal(parseEnv(readFileSync(path, "utf8")).AUDIT_KEYS_PREVIOUS, adminKey);
});

const precedence: ReadonlyArray<
  [name: string, environment: NodeJS.ProcessEnv, expected: string | undefined]
> = [
  ["the file's value is used", {}, "from-file"],
  ["the environment wins", { ADMIN_KEY: "from-environment" }, "from-environment"],
  ["an empty value of the environment wins too", { ADMIN_KEY: "" }, ""],
  ["the _FILE form of the environment wins", { ADMIN_KEY_FILE: "/run/secrets/key" }, undefined],
];
for (const [name, environment, expected] of precedence) {
  test(`loading secrets: ${name}`, () => {
    const path = join(folder, "precedence");
    writeFileSync(path, "ADMIN_KEY=from-file\n");
    const loaded = loadSecrets(path, environment);
    assert.equal(loaded.ADMIN_KEY, expected);
    assert.equal(loaded.ADMIN_KEY_FILE, environment.ADMIN_KEY_FILE);
  });
}

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { CommonError } from "#platform/errors/common-error.ts";
import type { AdminKeyRecord, LastUse } from "../../store/admin-key-store.ts";
import { createAdminKeyVerifier } from "./admin-key-verifier.ts";
import { createKeyId, createSecret, digestOf } from "./key-secret.ts";

const configuredKey = "kR7vN2pX9sB4mQ8wT1yC6zL3dF5gH0jA";
const minuteMs = 60_000;

let records: Map<string, AdminKeyRecord>;
let uses: Array<[keyId: string, use: LastUse]>;
let reads: number;
let storeIsUp: boolean;
let nowMs: number;

const store = {
  async get(keyId: string) {
    reads += 1;
    if (!storeIsUp) throw new CommonError("STORE_UNAVAILABLE", "away");
    const value = records.get(keyId);
    return value && { id: keyId, version: 1, revision: 1, writtenAtMs: 0, archived: false, value };
  },
  async noteUse(keyId: string, use: LastUse) {
    uses.push([keyId, use]);
  },
};

function newVerifier() {
  return createAdminKeyVerifier({
    configuredKey,
    store,
    onError: (error) => assert.ifError(error),
    now: () => nowMs,
  });
}

/** Keeps a key; gives its secret. */
function addKey(keyId: string, change: Partial<AdminKeyRecord> = {}): string {
  const secret = createSecret(keyId);
  records.set(keyId, {
    name: "Ada",
    role: "finance",
    digest: digestOf(secret),
    lastCharacters: secret.slice(-4),
    createdAtMs: 0,
    createdByKeyId: "configured",
    expiresAtMs: nowMs + minuteMs,
    ...change,
  });
  return secret;
}

beforeEach(() => {
  records = new Map();
  uses = [];
  reads = 0;
  storeIsUp = true;
  nowMs = 1_700_000_000_000;
});

describe("an admin key", () => {
  test("of the configuration has the role admin and needs no store", async () => {
    storeIsUp = false;
    const holder = await newVerifier().verify(configuredKey, "10.0.0.1");
    assert.deepEqual(holder, { keyId: "configured", name: "ADMIN_KEY", role: "admin" });
    assert.equal(reads, 0);
  });

  test("that is kept has its role and name, by its secret and by its id", async () => {
    const keyId = createKeyId();
    const secret = addKey(keyId);
    const holder = { keyId, name: "Ada", role: "finance" };
    assert.deepEqual(await newVerifier().verify(secret, ""), holder);
    assert.deepEqual(await newVerifier().holderOf(keyId), holder);
  });

  const unknown: ReadonlyArray<[what: string, secret: (good: string) => string]> = [
    ["is empty", () => ""],
    ["has another form", () => "secret"],
    ["names a key that does not exist", () => createSecret(createKeyId())],
    ["names a key and is not its secret", (good) => `${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`],
    ["is the right one and more", (good) => `${good}A`],
    ["is the configured one and more", () => `${configuredKey}A`],
  ];
  for (const [what, secretOf] of unknown) {
    test(`that ${what} is unknown`, async () => {
      const secret = secretOf(addKey(createKeyId()));
      await assert.rejects(newVerifier().verify(secret, ""), { reason: "ADMIN_KEY_INVALID" });
      assert.deepEqual(uses, []);
    });
  }

  test("works until its last millisecond and not in the next", async () => {
    const secret = addKey(createKeyId());
    const verifier = newVerifier();
    nowMs += minuteMs - 1;
    await verifier.verify(secret, "");
    nowMs += 1;
    await assert.rejects(verifier.verify(secret, ""), { reason: "ADMIN_KEY_EXPIRED" });
  });

  test("that is revoked is refused within a second", async () => {
    const keyId = createKeyId();
    const secret = addKey(keyId);
    const verifier = newVerifier();
    await verifier.verify(secret, "");
    records.set(keyId, { ...records.get(keyId)!, revokedAtMs: nowMs });
    nowMs += 1_000;
    await assert.rejects(verifier.verify(secret, ""), { reason: "ADMIN_KEY_REVOKED" });
    await assert.rejects(verifier.holderOf(keyId), { reason: "ADMIN_KEY_REVOKED" });
  });

  test("before its rotation works as long as the two overlap", async () => {
    const keyId = createKeyId();
    const before = addKey(keyId);
    const previous = { digest: digestOf(before), validUntilMs: nowMs + 10 };
    const after = addKey(keyId, { previous });
    const verifier = newVerifier();
    await verifier.verify(before, "");
    await verifier.verify(after, "");
    nowMs += 10;
    await verifier.verify(after, "");
    await assert.rejects(verifier.verify(before, ""), { reason: "ADMIN_KEY_EXPIRED" });
  });

  test("is refused, not let in, when the store is away", async () => {
    const secret = addKey(createKeyId());
    storeIsUp = false;
    await assert.rejects(newVerifier().verify(secret, ""), { reason: "STORE_UNAVAILABLE" });
  });

  test("in use is read from the store once in a while, by many callers at once too", async () => {
    const secret = addKey(createKeyId());
    const verifier = newVerifier();
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(secret, "")));
    await verifier.verify(secret, "");
    assert.equal(reads, 1);
  });

  test("has its use noted at most once a minute", async () => {
    const keyId = createKeyId();
    const secret = addKey(keyId, { expiresAtMs: nowMs + 10 * minuteMs });
    const verifier = newVerifier();
    for (const address of ["10.0.0.1", "10.0.0.2"]) await verifier.verify(secret, address);
    nowMs += minuteMs;
    await verifier.verify(secret, "10.0.0.3");
    assert.deepEqual(uses, [
      [keyId, { atMs: nowMs - minuteMs, address: "10.0.0.1" }],
      [keyId, { atMs: nowMs, address: "10.0.0.3" }],
    ]);
  });
});

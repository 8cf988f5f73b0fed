import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accountKeys } from "../store/keys.ts";
import { LedgerFault } from "../store/store-fault.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { dumpKeys } from "../store/testing/test-store.ts";
import {
  type HazardousAccount,
  type KeyName,
  keyOf,
  postingOperations,
  prepareAccount,
  writingOperations,
} from "./testing/hazards/hazardous-account.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger({ port: true });
});
after(() => shared.stop());

const entryKeys: readonly KeyName[] = ["account", "journal", "outbox"];
const postingKeys: readonly KeyName[] = [...entryKeys, "grants", "idempotency", "yesterday", "dayBefore"];
const holdKeys: readonly KeyName[] = [...postingKeys, "expiryIndex", "openHolds", "settledHolds"];
const expiryKeys: readonly KeyName[] = [...entryKeys, "grants", "expiryIndex", "openHolds", "settledHolds"];

/** The keys that an operation reads or writes: each of a wrong type must stop it before the first write. */
const touchedKeys: Readonly<Record<string, readonly KeyName[]>> = {
  credit: [...postingKeys, "references"],
  "credit of a grant": [...postingKeys, "references", "expiryIndex"],
  charge: postingKeys,
  "charge under a quote": [...postingKeys, "references"],
  extend: holdKeys,
  adjust: postingKeys,
  refund: [...postingKeys, "references", "refunds"],
  reverseCredit: [...postingKeys, "references"],
  expireGrant: [...entryKeys, "grants"],
  reserve: [...postingKeys, "expiryIndex", "openHolds"],
  commit: holdKeys,
  "commit that keeps the hold open": holdKeys,
  "commit of a hold that is due": holdKeys,
  "late commit": holdKeys,
  release: holdKeys,
  "release of a hold that is due": holdKeys,
  "release of a released hold": holdKeys,
  expireHold: expiryKeys,
  getReservation: expiryKeys,
  updateAccount: [...entryKeys, "grants"],
  freezeAccount: [...entryKeys, "grants"],
};

/** What an operation touches on an account with grants, of which one is due. */
const grantKeys: readonly KeyName[] = ["grants", "expiryIndex", "references"];
const withGrants = new Set([
  ...Object.keys(postingOperations),
  "expireHold",
  "expireGrant",
  "getReservation",
]);

const cases = [
  ...Object.entries(touchedKeys).map(([name, keys]) => ({ name, keys, hasGrants: false })),
  ...[...withGrants].map((name) => ({ name, keys: grantKeys, hasGrants: true })),
];
for (const { name, keys, hasGrants } of cases) {
  test(`${name}${hasGrants ? " on grants" : ""} changes nothing if any of its keys has a wrong type`, async () => {
    for (const keyName of keys) {
      const prepared = await prepareAccount(shared, hasGrants);
      const key = keyOf(prepared.accountId, keyName);
      await shared.command("DEL", key);
      await shared.command("SET", key, "not what it was");
      const before = await dumpKeys(shared);
      await assert.rejects(writingOperations[name]!(shared, prepared), LedgerFault, keyName);
      assert.deepEqual(await dumpKeys(shared), before, keyName);
      await shared.command("FLUSHDB");
    }
  });
}

test("no operation that writes is left out", () => {
  const writing = Object.keys(writingOperations).sort();
  assert.deepEqual([...Object.keys(touchedKeys), "createAccount", "closeAccount"].sort(), writing);
});

test("closeAccount changes nothing if any of its keys has a wrong type", async () => {
  for (const name of [...entryKeys, "grants", "openHolds"] as const) {
    const prepared = await prepareAccount(shared);
    const key = keyOf(prepared.empty, name);
    await shared.command("DEL", key);
    await shared.command("SET", key, "not what it was");
    const before = await dumpKeys(shared);
    await assert.rejects(writingOperations.closeAccount!(shared, prepared), LedgerFault, name);
    assert.deepEqual(await dumpKeys(shared), before, name);
    await shared.command("FLUSHDB");
  }
});

test("createAccount changes nothing if any of its keys has a wrong type", async () => {
  for (const name of ["account", "journal", "outbox", "listing"] as const) {
    const key = accountKeys("fresh")[name];
    await shared.command("SET", key, "not what it was");
    const before = await dumpKeys(shared);
    await assert.rejects(shared.create("fresh"), LedgerFault, name);
    assert.deepEqual(await dumpKeys(shared), before, name);
    await shared.command("FLUSHDB");
  }
});

const damages: ReadonlyArray<[damage: string, plant: (prepared: HazardousAccount) => string[]]> = [
  ["a lost journal", ({ accountId }) => ["DEL", accountKeys(accountId).journal]],
  ["a lost journal entry", ({ accountId }) => ["RPOP", accountKeys(accountId).journal]],
  ["a lost column", ({ accountId }) => ["HDEL", accountKeys(accountId).account, "a"]],
  ["a column that is no number", ({ accountId }) => ["HSET", accountKeys(accountId).account, "a", "plenty"]],
];
for (const [damage, plant] of damages) {
  test(`${damage} stops every operation on the account before its first write`, async () => {
    const elsewhere = ["createAccount", "closeAccount"];
    for (const [name, operation] of Object.entries(writingOperations).filter(
      ([name]) => !elsewhere.includes(name),
    )) {
      const prepared = await prepareAccount(shared);
      await shared.command(...plant(prepared));
      const before = await dumpKeys(shared);
      await assert.rejects(operation(shared, prepared), LedgerFault, name);
      assert.deepEqual(await dumpKeys(shared), before, name);
    }
    await shared.command("FLUSHDB");
  });
}

test("a grant that is not in its known form stops what moves money before the first write", async () => {
  const movesNoMoney = ["createAccount", "closeAccount", "updateAccount", "freezeAccount"];
  for (const [name, operation] of Object.entries(writingOperations).filter(
    ([name]) => !movesNoMoney.includes(name),
  )) {
    const prepared = await prepareAccount(shared);
    await shared.command("HSET", accountKeys(prepared.accountId).grants, "2", "x");
    const before = await dumpKeys(shared);
    await assert.rejects(operation(shared, prepared), LedgerFault, name);
    assert.deepEqual(await dumpKeys(shared), before, name);
  }
  await shared.command("FLUSHDB");
});

test("a hold that is not in its known form stops what concerns it before the first write", async () => {
  const prepared = await prepareAccount(shared);
  const { openHolds } = accountKeys(prepared.accountId);
  for (const field of await shared.command<string[]>("HKEYS", openHolds)) {
    await shared.command("HSET", openHolds, field, "H,1,2");
  }
  const before = await dumpKeys(shared);
  for (const name of ["commit", "release", "expireHold", "getReservation", "late commit"]) {
    await assert.rejects(writingOperations[name]!(shared, prepared), LedgerFault, name);
  }
  assert.deepEqual(await dumpKeys(shared), before);
});

/** What brings money in or ties it up, and what is no hurry. */
const waiting = [
  ...["createAccount", "credit", "credit of a grant", "charge", "charge under a quote", "reserve", "extend"],
  ...["adjust", "refund", "reverseCredit", "updateAccount", "closeAccount"],
];

test("when memory is full holds settle, release and expire; new debits wait, and nothing is half done", async () => {
  await using full = await startTestLedger();
  const prepared = await prepareAccount(full);
  const granted = await prepareAccount(full, true);
  const { reservation: another } = await full.reserve(prepared.accountId, 10n);
  await full.command("CONFIG", "SET", "maxmemory", "1");
  for (const name of waiting) {
    const before = await dumpKeys(full);
    await assert.rejects(
      writingOperations[name]!(full, prepared),
      (error: { reason?: string }) => error.reason === "STORE_UNAVAILABLE",
      name,
    );
    assert.deepEqual(await dumpKeys(full), before, name);
  }
  await full.commit(prepared.open, 7n);
  await full.release(another.reservationId);
  assert.equal(await full.ledger.expireHold(prepared.due), true);
  assert.equal((await full.ledger.getAccount(prepared.accountId)).balance.availableAtoms, 88n);
  const { columns } = await auditAccount(full, prepared.accountId);
  assert.deepEqual(columns, [88n, 0n, 100n, 12n, 0n]);
  assert.equal(await full.ledger.expireGrant(granted.accountId, granted.dueGrant!), true);
  assert.equal((await auditAccount(full, granted.accountId)).columns[4], 7n);
});

test("an account takes a bounded number of open holds", async () => {
  const { accountId } = await prepareAccount(shared);
  const limit = 100_000;
  const { openHolds } = accountKeys(accountId);
  for (let start = 0; start < limit; start += 10_000) {
    const fields = Array.from({ length: 10_000 }, (_, index) => [`${start + index}.0`, "x"]).flat();
    await shared.command("HSET", openHolds, ...fields);
  }
  await assert.rejects(shared.reserve(accountId, 1n), {
    reason: "RESERVATION_LIMIT_REACHED",
    metadata: { limit: "100000" },
  });
  await shared.command("DEL", openHolds);
});

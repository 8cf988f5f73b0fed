import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connectRedis } from "#platform/redis/redis.ts";
import { accountKeys } from "../store/keys.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { LedgerFault } from "../store/store-fault.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { dumpKeys, waitUntilServerTime } from "../store/testing/test-store.ts";
import { CoreError } from "./core-error.ts";
import { ledgerOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger({ port: true });
});
after(() => shared.stop());

/** An account with an open hold, one that is due, and a settled one, all of the same day. */
interface Prepared {
  readonly accountId: string;
  readonly open: string;
  readonly due: string;
  readonly settled: string;
  /** Another account without money and holds. */
  readonly empty: string;
}

let accounts = 0;
async function prepare(ledger: TestLedger): Promise<Prepared> {
  const accountId = `hazard-${++accounts}`;
  const empty = `${accountId}-empty`;
  await ledger.create(accountId);
  await ledger.create(empty);
  await ledger.credit(accountId, 100n, { externalReference: "pi_1" });
  const [open, settled, due] = await Promise.all([
    ledger.reserve(accountId, 10n),
    ledger.reserve(accountId, 10n),
    ledger.reserve(accountId, 10n, { holdTtlMs: 1 }),
  ]);
  await ledger.release(settled.reservation.reservationId);
  await waitUntilServerTime(ledger, due.reservation.expiresMs);
  const id = (result: typeof open): string => result.reservation.reservationId;
  return { accountId, empty, open: id(open), due: id(due), settled: id(settled) };
}

type Operation = (ledger: TestLedger, prepared: Prepared) => Promise<unknown>;
const operations: Readonly<Record<string, Operation>> = {
  createAccount: (ledger, { accountId }) => ledger.create(`${accountId}-new`),
  credit: (ledger, { accountId }) => ledger.credit(accountId, 5n, { externalReference: "pi_2" }),
  charge: (ledger, { accountId }) => ledger.charge(accountId, 5n),
  reserve: (ledger, { accountId }) => ledger.reserve(accountId, 5n),
  commit: (ledger, { open }) => ledger.commit(open, 5n),
  "commit that keeps the hold open": (ledger, { open }) => ledger.commit(open, 5n, { keepOpen: true }),
  "commit of a hold that is due": (ledger, { due }) => ledger.commit(due, 5n),
  "late commit": (ledger, { due }) => ledger.commit(due, 5n, { acceptExpired: true }),
  release: (ledger, { open }) => ledger.release(open),
  "release of a hold that is due": (ledger, { due }) => ledger.release(due),
  "release of a released hold": (ledger, { settled }) => ledger.release(settled),
  expireHold: (ledger, { due }) => ledger.ledger.expireHold(due),
  getReservation: (ledger, { due }) => ledger.ledger.getReservation(due),
  updateAccount: (ledger, { accountId }) =>
    ledger.administration.update({
      accountId,
      configVersion: 1n,
      creditLimitAtoms: 5n,
      priceBook: undefined,
      setLabels: {},
      removeLabels: [],
      lowBalanceThresholds: undefined,
    }),
  freezeAccount: (ledger, { accountId }) =>
    ledger.administration.freeze({ accountId, freezeReason: "operator", comment: "" }),
  closeAccount: (ledger, { empty }) => ledger.administration.close(empty, 0n, ""),
};

const today = Math.floor(Date.now() / 86_400_000);
type KeyName =
  | "account"
  | "journal"
  | "outbox"
  | "grants"
  | "expiryIndex"
  | "openHolds"
  | "settledHolds"
  | "references"
  | "idempotency"
  | "yesterday"
  | "dayBefore";

function keyOf(accountId: string, name: KeyName): string {
  const keys = accountKeys(accountId);
  const dated: Partial<Record<KeyName, string>> = {
    settledHolds: keys.settledHolds(today),
    idempotency: keys.idempotency(today),
    yesterday: keys.idempotency(today - 1),
    dayBefore: keys.idempotency(today - 2),
  };
  return dated[name] ?? (keys[name as keyof typeof keys] as string);
}

const entryKeys: readonly KeyName[] = ["account", "journal", "outbox"];
const postingKeys: readonly KeyName[] = [...entryKeys, "grants", "idempotency", "yesterday", "dayBefore"];
const holdKeys: readonly KeyName[] = [...postingKeys, "expiryIndex", "openHolds", "settledHolds"];
const expiryKeys: readonly KeyName[] = [...entryKeys, "grants", "expiryIndex", "openHolds", "settledHolds"];

/** The keys that an operation reads or writes: each of a wrong type must stop it before the first write. */
const touchedKeys: Readonly<Record<string, readonly KeyName[]>> = {
  credit: [...postingKeys, "references"],
  charge: postingKeys,
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

for (const [name, keys] of Object.entries(touchedKeys)) {
  test(`${name} changes nothing if any of its keys has a wrong type`, async () => {
    for (const keyName of keys) {
      const prepared = await prepare(shared);
      const key = keyOf(prepared.accountId, keyName);
      await shared.command("DEL", key);
      await shared.command("SET", key, "not what it was");
      const before = await dumpKeys(shared);
      await assert.rejects(operations[name]!(shared, prepared), LedgerFault, keyName);
      assert.deepEqual(await dumpKeys(shared), before, keyName);
      await shared.command("FLUSHDB");
    }
  });
}

test("closeAccount changes nothing if any of its keys has a wrong type", async () => {
  for (const name of [...entryKeys, "grants", "openHolds"] as const) {
    const prepared = await prepare(shared);
    const key = keyOf(prepared.empty, name);
    await shared.command("DEL", key);
    await shared.command("SET", key, "not what it was");
    const before = await dumpKeys(shared);
    await assert.rejects(operations.closeAccount!(shared, prepared), LedgerFault, name);
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

const damages: ReadonlyArray<[damage: string, plant: (prepared: Prepared) => string[]]> = [
  ["a lost journal", ({ accountId }) => ["DEL", accountKeys(accountId).journal]],
  ["a lost journal entry", ({ accountId }) => ["RPOP", accountKeys(accountId).journal]],
  ["a lost column", ({ accountId }) => ["HDEL", accountKeys(accountId).account, "a"]],
  ["a column that is no number", ({ accountId }) => ["HSET", accountKeys(accountId).account, "a", "plenty"]],
];
for (const [damage, plant] of damages) {
  test(`${damage} stops every operation on the account before its first write`, async () => {
    const elsewhere = ["createAccount", "closeAccount"];
    for (const [name, operation] of Object.entries(operations).filter(
      ([name]) => !elsewhere.includes(name),
    )) {
      const prepared = await prepare(shared);
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
  for (const [name, operation] of Object.entries(operations).filter(
    ([name]) => !movesNoMoney.includes(name),
  )) {
    const prepared = await prepare(shared);
    await shared.command("HSET", accountKeys(prepared.accountId).grants, "2", "x");
    const before = await dumpKeys(shared);
    await assert.rejects(operation(shared, prepared), LedgerFault, name);
    assert.deepEqual(await dumpKeys(shared), before, name);
  }
  await shared.command("FLUSHDB");
});

test("a hold that is not in its known form stops what concerns it before the first write", async () => {
  const prepared = await prepare(shared);
  const { openHolds } = accountKeys(prepared.accountId);
  for (const field of await shared.command<string[]>("HKEYS", openHolds)) {
    await shared.command("HSET", openHolds, field, "H,1,2");
  }
  const before = await dumpKeys(shared);
  for (const name of ["commit", "release", "expireHold", "getReservation", "late commit"]) {
    await assert.rejects(operations[name]!(shared, prepared), LedgerFault, name);
  }
  assert.deepEqual(await dumpKeys(shared), before);
});

const writeCommands = ["hset", "rpush", "xadd", "zadd", "zrem", "hdel", "pexpireat"];
for (const forbidden of writeCommands) {
  test(`without permission for ${forbidden} an operation happens wholly or not at all`, async () => {
    const user = `no-${forbidden}`;
    await shared.command("ACL", "SETUSER", user, "on", ">secret", "~*", "+@all", `-${forbidden}`);
    const url = shared.server.url.replace("//", `//${user}:secret@`);
    const redis = await connectRedis({ urls: [url], name: "restricted" });
    try {
      let refused = 0;
      for (const [name, operation] of Object.entries(operations)) {
        const prepared = await prepare(shared);
        const before = await dumpKeys(shared);
        const restricted = ledgerOf(shared, new LedgerStore(redis));
        try {
          await operation(restricted, prepared);
        } catch (error) {
          if (error instanceof CoreError && error.reason === "RESERVATION_EXPIRED") continue;
          assert.ok(error instanceof LedgerFault && /NOPERM/.test(error.message), `${name}: ${error}`);
          assert.deepEqual(await dumpKeys(shared), before, name);
          refused += 1;
        }
        await auditAccount(shared, prepared.accountId);
      }
      assert.ok(refused > 0);
    } finally {
      await redis.close();
    }
  });
}

test("when memory is full holds settle, release and expire; new debits wait, and nothing is half done", async () => {
  await using full = await startTestLedger();
  const prepared = await prepare(full);
  const { reservation: another } = await full.reserve(prepared.accountId, 10n);
  await full.command("CONFIG", "SET", "maxmemory", "1");
  for (const name of ["createAccount", "credit", "charge", "reserve", "updateAccount", "closeAccount"]) {
    const before = await dumpKeys(full);
    await assert.rejects(
      operations[name]!(full, prepared),
      (error: { reason?: string }) => error.reason === "STORE_UNAVAILABLE",
      name,
    );
    assert.deepEqual(await dumpKeys(full), before, name);
  }
  await full.commit(prepared.open, 7n);
  await full.release(another.reservationId);
  assert.equal(await full.ledger.expireHold(prepared.due), true);
  assert.equal((await full.ledger.getAccount(prepared.accountId)).balance.availableAtoms, 93n);
  const { columns } = await auditAccount(full, prepared.accountId);
  assert.deepEqual(columns, [93n, 0n, 100n, 7n, 0n]);
});

test("an account takes a bounded number of open holds", async () => {
  const { accountId } = await prepare(shared);
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

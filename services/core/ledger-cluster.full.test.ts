import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bucketCount, bucketOf } from "#platform/redis/buckets.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedisCluster, type TestRedisCluster } from "#platform/testing/redis-cluster.ts";
import type { TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { AccountDirectory } from "./domain/account-directory.ts";
import type { ListPosition } from "./domain/account-listing.ts";
import { idempotencyOf, ledgerOf, type TestLedger } from "./domain/testing/test-ledger.ts";
import { openLedgerGate } from "./store/startup-gate.ts";
import { auditAccount } from "./store/testing/account-audit.ts";
import { startTestClusterStore, waitUntilServerTime } from "./store/testing/test-store.ts";

/** One account id for each bucket. */
const accountIds = Array.from({ length: bucketCount }, (_, bucket) => {
  for (let number = 0; ; number++) if (bucketOf(`account-${number}`) === bucket) return `account-${number}`;
});
const inEveryBucket = <T>(step: (accountId: string, bucket: number) => Promise<T>): Promise<T[]> =>
  Promise.all(accountIds.map(step));

let cluster: TestRedisCluster;
let ledger: TestLedger;
before(async () => {
  cluster = await startRedisCluster();
  const store = await startTestClusterStore(cluster);
  ledger = ledgerOf(store, store.store);
  await openLedgerGate(ledger.redis);
});
after(() => ledger?.stop());

/** Runs a command on one primary. */
async function onPrimary<T>(primary: TestRedis | undefined, ...command: string[]): Promise<T> {
  assert.ok(primary);
  const own = await connectTestRedis(primary.url);
  try {
    return await own.command<T>("", command);
  } finally {
    await own.close();
  }
}

describe("a ledger on a Redis Cluster of three primaries", () => {
  test("its buckets spread evenly, and the gate opens again as the same ledger", async () => {
    const counts = await Promise.all(
      cluster.primaries.map((primary) => onPrimary<string[]>(primary, "KEYS", "*:genesis")),
    );
    assert.deepEqual(counts.map((keys) => keys.length).sort(), [85, 85, 86]);
    const checks = await Promise.all([openLedgerGate(ledger.redis), openLedgerGate(ledger.redis)]);
    assert.deepEqual(checks[0].genesis, checks[1].genesis);
  });

  test("every operation works in every bucket", async () => {
    await inEveryBucket(async (accountId, bucket) => {
      const atoms = BigInt(1_000 + bucket);
      await ledger.create(accountId, 5n);
      await ledger.credit(accountId, atoms, { externalReference: "first" });
      await ledger.charge(accountId, 10n);
      const [committed, released, expiring] = await Promise.all([
        ledger.reserve(accountId, 300n),
        ledger.reserve(accountId, 200n),
        ledger.reserve(accountId, 100n, { holdTtlMs: 1 }),
      ]);
      await ledger.commit(committed.reservation.reservationId, 120n, { keepOpen: true });
      await ledger.commit(committed.reservation.reservationId, 30n);
      await ledger.release(released.reservation.reservationId);
      const { reservationId, expiresMs } = expiring.reservation;
      await waitUntilServerTime(ledger, expiresMs);
      await ledger.ledger.expireHold(reservationId);
      const { columns, openHolds } = await auditAccount(ledger, accountId);
      assert.deepEqual(columns, [atoms - 160n, 0n, atoms, 160n, 0n], accountId);
      assert.equal(openHolds.size, 0);
    });
    assert.equal(accountIds.length, bucketCount);
  });

  test("the listing pages through the accounts of all buckets, each once", async () => {
    const directory = new AccountDirectory(ledger.redis, ledger.ledger);
    const filter = { idPrefix: "", currencyCode: "", state: undefined, labels: {}, priceBook: undefined };
    const listed: string[] = [];
    let after: ListPosition | undefined;
    do {
      const page = await directory.list(filter, after, 50);
      listed.push(...page.accounts.map(({ account }) => account.accountId));
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(listed, accountIds);
  });

  test("one primary that lost its functions gets them again with the next call, each call running once", async () => {
    await onPrimary(cluster.primaries[1], "FUNCTION", "FLUSH");
    const before = await inEveryBucket((accountId) => ledger.ledger.getAccount(accountId));
    const charged = await inEveryBucket((accountId) => ledger.charge(accountId, 1n));
    for (const [bucket, { balance }] of charged.entries())
      assert.equal(balance.availableAtoms, (before[bucket]?.balance.availableAtoms ?? 0n) - 1n);
  });

  test("with a primary killed every outcome is an answer or unknown, and a retry charges once", async () => {
    const before = await inEveryBucket((accountId) => ledger.ledger.getAccount(accountId));
    const [killed] = cluster.primaries;
    assert.ok(killed);
    await killed.kill();
    const charge = (accountId: string) =>
      ledger.charge(accountId, 7n, { idempotency: idempotencyOf("Charge", accountId, `kill-${accountId}`) });
    const outcomes = await Promise.allSettled(accountIds.map(charge));
    const failed = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    assert.ok(failed.length > 0);
    assert.deepEqual([...new Set(failed.map(({ reason }) => reason))], ["STORE_UNAVAILABLE"]);
    await killed.restart();
    await inEveryBucket((accountId) => eventually(() => charge(accountId)));
    await inEveryBucket(async (accountId, bucket) => {
      const { columns } = await auditAccount(ledger, accountId);
      assert.equal(columns[0], (before[bucket]?.balance.availableAtoms ?? 0n) - 7n, accountId);
    });
  });

  test("a primary that came back empty keeps the gate shut", async () => {
    await onPrimary(cluster.primaries[2], "FLUSHALL");
    await assert.rejects(openLedgerGate(ledger.redis), /have lost their genesis.*come back empty/);
  });
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Redis, RedisOptions } from "#platform/redis/redis.ts";
import type { ReplicatedCalls } from "#platform/redis/replicated-calls.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedisPair, type TestRedisPair } from "#platform/testing/redis-replica.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { openReplicatedCalls } from "../store/replicated-store.ts";
import { openLedgerGate } from "../store/startup-gate.ts";
import { Ledger } from "./ledger.ts";
import { idempotencyOf, testUnit } from "./testing/test-ledger.ts";

let pair: TestRedisPair;
let redis: Redis;
let ledger: Ledger;
/** The same ledger for what must not be confirmed, which need not wait so long for a replica. */
let impatient: Ledger;
const opened: Array<Redis | ReplicatedCalls> = [];

async function openLedger(options: Partial<RedisOptions>): Promise<Ledger> {
  const connection = await connectTestRedis(pair.primary.url, options);
  const replicated = await openReplicatedCalls(connection, 1);
  opened.push(replicated, connection);
  return new Ledger(new LedgerStore(connection, Date.now, undefined, replicated));
}

before(async () => {
  pair = await startRedisPair();
  redis = await connectTestRedis(pair.primary.url);
  opened.push(redis);
  await openLedgerGate(redis, 1);
  ledger = await openLedger({});
  impatient = await openLedger({ commandTimeoutMs: 2_500 });
});

after(async () => {
  for (const each of opened) await each.close();
  await pair?.stop();
});

const settings = { priceBook: "", labels: {}, lowBalanceThresholds: [] };
const unknown = { reason: "STORE_UNAVAILABLE", retryAfterMs: 250 };

async function newAccount(accountId: string, on = ledger): Promise<void> {
  const terms = { currencyCode: "USD", ledgerScale: 0, creditLimitAtoms: 100n, settings };
  await on.createAccount({ accountId, ...terms });
}

test("a charge that a stopped replica has not got is unknown; its repeat answers once the replica has it", async () => {
  await newAccount("stopped");
  const charge = {
    accountId: "stopped",
    amountAtoms: 7n,
    memo: "",
    unit: testUnit,
    quote: undefined,
    idempotency: idempotencyOf("Charge", 7, "c"),
  };
  pair.pauseReplica();
  await assert.rejects(impatient.charge(charge), unknown);
  await assert.rejects(impatient.charge(charge), unknown, "a repeat promises the same as the first answer");
  await assert.rejects(impatient.findReplay("stopped", charge.idempotency), unknown);
  // Where Redis itself stood still the charge may have been answered before it ran.
  const { balance: read } = await eventually(async () => {
    const account = await ledger.getAccount("stopped");
    assert.equal(account.balance.spentAtoms, 7n, "reading goes on");
    return account;
  });
  assert.equal(read.sequence, 2);
  pair.resumeReplica();
  const { balance } = await ledger.charge(charge);
  assert.deepEqual([balance.sequence, balance.spentAtoms], [2, 7n]);
  assert.equal((await ledger.getAccount("stopped")).balance.sequence, 2, "exactly once");
});

test("answers from the state wait for replicas too", async () => {
  await newAccount("state");
  const reserve = {
    accountId: "state",
    amountAtoms: 5n,
    memo: "",
    unit: testUnit,
    quote: undefined,
    idempotency: idempotencyOf("Reserve", 5, "r"),
    holdTtlMs: 60_000,
    onExpiry: "RELEASE" as const,
    terms: "",
  };
  const { reservationId } = (await ledger.reserve(reserve)).reservation;
  const release = (key: string, on = ledger) =>
    on.release({ reservationId, memo: "", idempotency: idempotencyOf("Release", reservationId, key) });
  await release("first");
  pair.pauseReplica();
  await assert.rejects(release("second", impatient), unknown, "released before");
  await assert.rejects(newAccount("state", impatient), unknown, "exists as asked for");
  pair.resumeReplica();
  await release("third");
  await newAccount("state");
});

test("the start warns of missing replicas and of a server that would make changes without them", async () => {
  const warnings = async (minReplicas: number) =>
    (await openLedgerGate(redis, minReplicas)).warnings.join("; ");
  assert.doesNotMatch(await warnings(0), /replicas/);
  assert.match(await warnings(1), /min-replicas-to-write 0: with 1/);
  assert.match(await warnings(2), /has 1 replicas, so no change is acknowledged: LEDGER_MIN_REPLICAS is 2/);
  await redis.command("", ["CONFIG", "SET", "min-replicas-to-write", "1"]);
  assert.doesNotMatch(await warnings(1), /replicas/);
  await redis.command("", ["CONFIG", "SET", "min-replicas-to-write", "0"]);
});

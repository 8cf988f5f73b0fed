import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import type { ReplicatedCalls } from "#platform/redis/replicated-calls.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedisPair, type TestRedisPair } from "#platform/testing/redis-replica.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { openReplicatedCalls } from "../store/replicated-store.ts";
import { openLedgerGate } from "../store/startup-gate.ts";
import { Ledger } from "./ledger.ts";
import { idempotencyOf, testUnit } from "./testing/test-ledger.ts";

let pair: TestRedisPair;
let redis: Redis;
let replicated: ReplicatedCalls;
let ledger: Ledger;

before(async () => {
  pair = await startRedisPair();
  redis = await connectRedis({ urls: [pair.primary.url], name: "test" });
  await openLedgerGate(redis, 1);
  replicated = await openReplicatedCalls(redis, 1);
  ledger = new Ledger(new LedgerStore(redis, Date.now, undefined, replicated));
});

after(async () => {
  await replicated?.close();
  await redis?.close();
  await pair?.stop();
});

const settings = { priceBook: "", labels: {}, lowBalanceThresholds: [] };
const unknown = { reason: "STORE_UNAVAILABLE", retryAfterMs: 250 };

async function newAccount(accountId: string): Promise<void> {
  const terms = { currencyCode: "USD", ledgerScale: 0, creditLimitAtoms: 100n, settings };
  await ledger.createAccount({ accountId, ...terms });
}

/** Repeats a call as its caller would: a replica on a busy machine may need longer than a call waits for it. */
const confirmed = eventually;

test("a charge that a stopped replica has not got is unknown; its repeat answers once the replica has it", async () => {
  await confirmed(() => newAccount("stopped"));
  const charge = {
    accountId: "stopped",
    amountAtoms: 7n,
    memo: "",
    unit: testUnit,
    quote: undefined,
    idempotency: idempotencyOf("Charge", 7, "c"),
  };
  pair.pauseReplica();
  await assert.rejects(ledger.charge(charge), unknown);
  await assert.rejects(ledger.charge(charge), unknown, "a repeat promises the same as the first answer");
  await assert.rejects(ledger.findReplay("stopped", charge.idempotency), unknown);
  assert.equal((await ledger.getAccount("stopped")).balance.spentAtoms, 7n, "reading goes on");
  pair.resumeReplica();
  const { balance } = await confirmed(() => ledger.charge(charge));
  assert.deepEqual([balance.sequence, balance.spentAtoms], [2, 7n]);
  assert.equal((await ledger.getAccount("stopped")).balance.sequence, 2, "exactly once");
});

test("answers from the state wait for replicas too", async () => {
  await confirmed(() => newAccount("state"));
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
  const hold = await confirmed(() => ledger.reserve(reserve));
  const { reservationId } = hold.reservation;
  const release = (key: string) =>
    ledger.release({ reservationId, memo: "", idempotency: idempotencyOf("Release", reservationId, key) });
  await confirmed(() => release("first"));
  pair.pauseReplica();
  await assert.rejects(release("second"), unknown, "released before");
  await assert.rejects(newAccount("state"), unknown, "exists as asked for");
  pair.resumeReplica();
  await confirmed(() => release("third"));
  await confirmed(() => newAccount("state"));
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

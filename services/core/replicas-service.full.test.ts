import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedisPair } from "#platform/testing/redis-replica.ts";
import { reasonOf, startCore } from "./testing/running-core.ts";

const patientMs = 60_000;
/** Core waits four tenths of it for a replica: longer than one on a busy machine stands still. */
const redisTimeoutMs = 15_000;

test("a Core that must have a replica answers no charge that the replica has not got, and charges once", async () => {
  await using pair = await startRedisPair();
  const core = await startCore({
    server: pair.primary,
    environment: { LEDGER_MIN_REPLICAS: "1", REDIS_TIMEOUT_MS: String(redisTimeoutMs) },
  });
  try {
    const client = await core.client();
    const accountId = "replicated";
    const money = (amount: string) => ({ currencyCode: "USD", amount });
    const charge = (idempotencyKey: string) =>
      client.charge({
        accountId,
        price: { case: "amount", value: { money: money("1") } },
        idempotencyKey,
      });
    await client.createAccount({ accountId, currencyCode: "USD" });
    await client.credit({ accountId, amount: money("10"), source: "admin", idempotencyKey: "fund" });
    assert.equal((await charge("first")).balance?.available?.amount, "9");
    assert.equal(await core.metric("billing_core_unconfirmed_calls_total"), 0);

    pair.pauseReplica();
    assert.equal(await reasonOf(charge("second")), "STORE_UNAVAILABLE");
    assert.equal(await reasonOf(charge("second")), "STORE_UNAVAILABLE", "a repeat promises no less");
    assert.equal(await reasonOf(charge("first")), "STORE_UNAVAILABLE");
    assert.ok((await core.metric("billing_core_unconfirmed_calls_total")) >= 3);
    const { balance } = await client.getBalance({ accountId });
    assert.equal(balance?.available?.amount, "8", "reading goes on, and the charge was made");

    pair.resumeReplica();
    const settled = await eventually(() => charge("second"), patientMs);
    assert.deepEqual([settled.idempotentReplay, settled.balance?.available?.amount], [true, "8"]);
    assert.equal((await client.getBalance({ accountId })).balance?.sequence, 4n, "exactly once");
    assert.equal((await charge("third")).balance?.available?.amount, "7");
    assert.ok(
      core.log.some((line) => line.includes("min-replicas-to-write")),
      "the start warned",
    );
  } finally {
    await core.stop();
  }
});

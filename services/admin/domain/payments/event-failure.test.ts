import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryFailure } from "#platform/queue/delivery-failure.ts";
import { redis } from "#platform/testing/shared-redis.ts";
import { createPaymentBench } from "../../testing/payment-bench.ts";
import { accountOfRun, eventOfRun } from "../../testing/stripe-scenarios.ts";

/** A second after a first failure, of which up to a half is left out. */
const waits = (error: DeliveryFailure) =>
  error.name === "DeliveryFailure" && (error.retryAfterMs ?? 0) >= 500;

async function claimEvent(run: string) {
  const bench = createPaymentBench(redis);
  const event = eventOfRun("evt_1a", run);
  bench.ledger.open(accountOfRun(run), "USD");
  await bench.receive(event);
  const { deliveries } = await bench.inbox.queue.claim(8, 60_000);
  assert.equal(deliveries.length, 1);
  return { bench, delivery: deliveries[0]! };
}

test("an event waits before its next attempt also while the memory is full and no failure can be noted", async () => {
  const { bench, delivery } = await claimEvent("full");
  const setMemory = (bytes: string) => redis.command("", ["CONFIG", "SET", "maxmemory", bytes]);
  await setMemory("1mb");
  try {
    await assert.rejects(bench.processor.handle(delivery), waits);
    assert.equal((await bench.inbox.read(delivery.id))?.state, "RECEIVED");
  } finally {
    await setMemory("0");
  }
  await bench.processor.handle(delivery);
  assert.equal((await bench.inbox.read(delivery.id))?.state, "APPLIED");
});

test("an event waits before its next attempt also if it can't be read", async () => {
  const { delivery } = await claimEvent("unread");
  const lost = await redis.duplicate();
  await lost.close();
  await assert.rejects(createPaymentBench(lost).processor.handle(delivery), waits);
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DeliveryFailure } from "#platform/queue/delivery-failure.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createPaymentBench, type PaymentBench } from "../../testing/payment-bench.ts";
import { accountOfRun, eventOfRun } from "../../testing/stripe-scenarios.ts";

let server: TestRedis;
let redis: Redis;
let bench: PaymentBench;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  bench = createPaymentBench(redis);
});

after(async () => {
  await redis?.close();
  await server?.stop();
});

/** Begins with the wait after a first failure, of which up to a half is left out. */
const waits = (error: DeliveryFailure) =>
  error.name === "DeliveryFailure" && (error.retryAfterMs ?? 0) >= 500;

async function claimEvent(run: string) {
  const event = eventOfRun("evt_1a", run);
  bench.ledger.open(accountOfRun(run), "USD");
  await bench.receive(event);
  const { deliveries } = await bench.inbox.queue.claim(8, 60_000);
  assert.equal(deliveries.length, 1);
  return deliveries[0]!;
}

test("an event waits before its next attempt also while the memory is full and no failure can be noted", async () => {
  const delivery = await claimEvent("full");
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
  const delivery = await claimEvent("unread");
  const lost = await connectTestRedis(server.url);
  await lost.close();
  await assert.rejects(createPaymentBench(lost).processor.handle(delivery), waits);
});

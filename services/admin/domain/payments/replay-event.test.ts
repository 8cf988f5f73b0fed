import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { readEvent } from "../../stripe/read-objects.ts";
import { createPaymentBench, type PaymentBench } from "../../testing/payment-bench.ts";
import { accountOfRun, eventOfRun } from "../../testing/stripe-scenarios.ts";
import { replayEvent } from "./replay-event.ts";

let server: TestRedis;
let redis: Redis;
let bench: PaymentBench;

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
  bench = createPaymentBench(redis);
});

after(async () => {
  await redis?.close();
  await server?.stop();
});

describe("an event that never arrived is fetched from Stripe, and credits once", () => {
  type Meanwhile = (event: unknown) => Promise<void>;
  const orders: ReadonlyArray<[what: string, meanwhile: Meanwhile, state: string]> = [
    ["by the replay, when nobody else knows of it", async () => {}, "APPLIED"],
    [
      "by the inbox, when it arrives just then",
      async (event) => {
        await bench.receive(event);
        await bench.drain();
      },
      "DUPLICATE",
    ],
  ];
  for (const [index, [what, meanwhile, state]] of orders.entries()) {
    test(what, async () => {
      const run = `replay${index}`;
      const accountId = accountOfRun(run);
      bench.ledger.open(accountId, "USD");
      const event = eventOfRun("evt_4a", run);
      const provider = {
        ...bench.provider,
        findEvent: async () => {
          await meanwhile(event);
          return readEvent(event);
        },
      };
      const request = { eventId: event.id, reason: "it never came", idempotencyKey: run };
      const replayed = await replayEvent({ ...bench, provider }, request);
      assert.deepEqual([replayed.event.state, replayed.isReplay], [state, false]);
      await bench.drain();
      const credits = [...bench.ledger.credits.values()].filter((credit) => credit.accountId === accountId);
      assert.equal(credits.length, 1);
      assert.equal((await replayEvent(bench, request)).isReplay, true);
    });
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readEvent } from "../../stripe/read-objects.ts";
import { bench } from "../../testing/shared-payment-bench.ts";
import { accountOfRun, eventOfRun } from "../../testing/stripe-scenarios.ts";
import { replayEvent } from "./replay-event.ts";

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

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readEvent } from "../../stripe/read-objects.ts";
import { bench } from "../../testing/shared-payment-bench.ts";
import { accountOfRun, eventOfRun } from "../../testing/stripe-scenarios.ts";
import { replayEvent } from "./replay-event.ts";

describe("an event that credited shows so, with its transaction, whatever is noted of it later", () => {
  async function creditedEvent(run: string) {
    bench.ledger.open(accountOfRun(run), "USD");
    const event = eventOfRun("evt_4a", run);
    await bench.receive(event);
    await bench.drain();
    const credited = await bench.inbox.read(event.id);
    assert.ok(credited);
    assert.equal(credited.state, "APPLIED");
    assert.notEqual(credited.transactionId, "");
    return credited;
  }

  test("a replay that changes nothing counts as an attempt alone", async () => {
    const credited = await creditedEvent("again");
    const request = { eventId: credited.eventId, reason: "to be sure", idempotencyKey: "again" };
    const { event } = await replayEvent(bench, request);
    assert.deepEqual(event, { ...credited, attemptCount: credited.attemptCount + 1 });
  });

  const weaker = [
    ["DUPLICATE", { effect: "all of it was known before" }],
    ["IGNORED", { effect: "a test event, and the configured key is live" }],
    ["APPLIED", { effect: "noted" }],
  ] as const;
  for (const [state, outcome] of weaker) {
    test(`${state} without a transaction, also after a failure in between`, async () => {
      const credited = await creditedEvent(`weaker${state}`);
      const { eventId } = credited;
      await bench.inbox.finish(eventId, { state, ...outcome });
      assert.deepEqual(await bench.inbox.read(eventId), {
        ...credited,
        attemptCount: credited.attemptCount + 1,
      });
      await bench.inbox.finish(eventId, { state: "FAILED", error: "nobody answered" });
      assert.deepEqual(await bench.inbox.read(eventId), {
        ...credited,
        state: "FAILED",
        error: "nobody answered",
        processedAtMs: undefined,
        attemptCount: credited.attemptCount + 2,
      });
      await bench.inbox.finish(eventId, { state, ...outcome });
      const mended = await bench.inbox.read(eventId);
      assert.ok((mended?.processedAtMs ?? 0) >= credited.processedAtMs!);
      assert.deepEqual(mended, {
        ...credited,
        processedAtMs: mended?.processedAtMs,
        attemptCount: credited.attemptCount + 3,
      });
    });
  }

  test("a later transaction takes the place of the first", async () => {
    const { eventId } = await creditedEvent("later");
    await bench.inbox.finish(eventId, { state: "APPLIED", effect: "debited", transactionId: "later" });
    const event = await bench.inbox.read(eventId);
    assert.deepEqual([event?.state, event?.effect, event?.transactionId], ["APPLIED", "debited", "later"]);
  });
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
      "APPLIED",
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

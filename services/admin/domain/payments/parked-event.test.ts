import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { readEvent } from "../../stripe/read-objects.ts";
import { bench } from "../../testing/shared-payment-bench.ts";
import { accountOfRun, eventOfRun } from "../../testing/stripe-scenarios.ts";

async function claimOne(leaseMs = 60_000) {
  const { deliveries } = await bench.inbox.queue.claim(8, leaseMs);
  assert.equal(deliveries.length, 1);
  return deliveries[0]!;
}

test("an event that is parked in the moment in which its payment becomes known has its effect", async () => {
  const [refund, completed] = [eventOfRun("evt_4b", "parked"), eventOfRun("evt_4a", "parked")];
  bench.ledger.open(accountOfRun("parked"), "USD");
  await bench.receive(refund);
  const parking = await claimOne();
  await bench.processor.handle(parking);
  assert.equal((await bench.inbox.read(refund.id))?.state, "PARKED");

  await bench.receive(completed);
  const crediting = await claimOne();
  const handled = bench.processor.handle(crediting);
  await eventually(() => assert.notEqual(bench.ledger.netOf(accountOfRun("parked")).toString(), "0"));
  // Only now is the first message done.
  assert.ok(await bench.inbox.queue.complete(parking));
  await handled;
  assert.ok(await bench.inbox.queue.complete(crediting));

  await bench.drain();
  assert.equal((await bench.inbox.read(refund.id))?.state, "APPLIED");
});

test("an event whose worker died after parking it comes again, has its effect, and waits for nothing more", async () => {
  const [refund, completed] = [eventOfRun("evt_4b", "again"), eventOfRun("evt_4a", "again")];
  bench.ledger.open(accountOfRun("again"), "USD");
  await bench.receive(refund);
  await bench.processor.handle(await claimOne(1));
  assert.equal((await bench.inbox.read(refund.id))?.state, "PARKED");

  const { facts: session } = readEvent(completed);
  assert.ok(session?.kind === "session" && session.intentId !== undefined);
  bench.holdings.sessions.push(session);
  const again = await eventually(() => claimOne());
  await bench.processor.handle(again);
  assert.ok(await bench.inbox.queue.complete(again));
  assert.equal((await bench.inbox.read(refund.id))?.state, "APPLIED");
  await bench.inbox.unpark(session.intentId, "another");
  assert.equal(await bench.inbox.countWaiting(), 0);
});

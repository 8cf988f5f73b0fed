import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bench } from "../../testing/shared-payment-bench.ts";
import { accountOfRun, permutations } from "../../testing/stripe-scenarios.ts";
import { paymentOfSession } from "./merge-facts.ts";
import type {
  ChargeFacts,
  IntentFacts,
  SessionFacts,
  StripeEventFacts,
  StripeFacts,
} from "./stripe-facts.ts";

const base = { currency: "USD", livemode: false, createdAtMs: 1_000 } as const;
let runs = 0;

/** A page on which a first attempt is declined, with an intent of its own, and a second is paid and refunded in part. */
function begin() {
  const run = `d${++runs}`;
  const accountId = accountOfRun(run);
  bench.ledger.open(accountId, "USD");
  const mark = { accountId, paymentId: `pay_${run}` };
  const [declinedId, paidId, sessionId] = [`pi_${run}_declined`, `pi_${run}_paid`, `cs_${run}`];
  const session: SessionFacts = {
    ...base,
    kind: "session",
    id: sessionId,
    mark,
    intentId: paidId,
    mode: "payment",
    status: "complete",
    paymentStatus: "paid",
    creditAmount: "20",
    totalAmount: "20",
    taxAmount: "0",
  };
  const intent = (id: string, status: string, more: object): IntentFacts => {
    return { ...base, kind: "intent", id, mark, status, ...more };
  };
  const declined = intent(declinedId, "requires_payment_method", { failureCode: "card_declined" });
  const paid = intent(paidId, "succeeded", { chargeId: `ch_${run}` });
  const refunded: ChargeFacts = {
    ...base,
    kind: "charge",
    id: `ch_${run}`,
    mark,
    intentId: paidId,
    refundedAmount: "5",
  };
  bench.holdings.sessions.push(session);
  bench.holdings.intents.push(declined, paid);
  const eventOf = (type: string, facts: StripeFacts): StripeEventFacts => {
    const eventId = `evt_${run}_${type}_${facts.id}`;
    return { eventId, type, createdAtMs: 2_000, livemode: false, apiVersion: "", objectId: facts.id, facts };
  };
  const events = {
    declined: eventOf("payment_intent.payment_failed", declined),
    paid: eventOf("payment_intent.succeeded", paid),
    completed: eventOf("checkout.session.completed", session),
    refunded: eventOf("charge.refunded", refunded),
  };
  return { accountId, paymentId: mark.paymentId, paidId, events };
}

async function hear(event: StripeEventFacts): Promise<void> {
  await bench.processor.receive(event, "WEBHOOK");
  await bench.drain();
}

/** References under which an account was credited. */
function creditsOf(accountId: string): string[] {
  return [...bench.ledger.credits.keys()]
    .filter((key) => key.startsWith(`${accountId} `))
    .map((key) => key.slice(accountId.length + 1));
}

async function knownFromTheStart({ accountId, paymentId, events }: ReturnType<typeof begin>): Promise<void> {
  const { facts } = events.completed;
  assert.equal(facts?.kind, "session");
  const { intentId: _, ...open } = facts as SessionFacts;
  await bench.records.save(
    0,
    paymentOfSession({ ...open, status: "open", paymentStatus: "unpaid" }, paymentId, accountId, {
      atMs: 1_000,
    }),
  );
}

describe("an attempt to pay that was declined, with an intent of its own", () => {
  for (const isKnown of [true, false]) {
    const begun = isKnown ? "begun here" : "begun elsewhere";
    test(`changes nothing of what is paid and refunded, in any order, of a payment ${begun}`, async () => {
      for (const order of permutations(["declined", "paid", "completed", "refunded"] as const)) {
        const top = begin();
        if (isKnown) await knownFromTheStart(top);
        for (const name of order) await hear(top.events[name]);
        assert.deepEqual(creditsOf(top.accountId), [top.paidId], order.join(", "));
        assert.equal(bench.ledger.netOf(top.accountId).toString(), "15", order.join(", "));
        const declined = await bench.inbox.read(top.events.declined.eventId);
        // Of a payment that nobody knows yet it says only which intent it is of.
        const expected = order[0] !== "declined" ? "IGNORED" : isKnown ? "APPLIED" : "PARKED";
        assert.equal(declined?.state, expected, order.join(", "));
        const { payment } = (await bench.records.read(top.paymentId))!;
        assert.equal(payment.intentId, top.paidId, order.join(", "));
      }
    });
  }

  test("credits nothing a second time when it is heard again while the answer of Billing Core is lost", async () => {
    const top = begin();
    await knownFromTheStart(top);
    await hear(top.events.declined);
    await bench.processor.receive(top.events.completed, "WEBHOOK");
    bench.ledger.loseAnswers(1);
    const { deliveries } = await bench.inbox.queue.claim(8, 60_000);
    assert.equal(deliveries.length, 1);
    await assert.rejects(bench.processor.handle(deliveries[0]!), { name: "DeliveryFailure" });
    // Killed in the middle, an event is worked on again.
    const declined = (await bench.inbox.read(top.events.declined.eventId))!;
    await bench.processor.process(declined);
    await bench.inbox.queue.fail(deliveries[0]!, "failed", 0);
    await bench.drain();
    assert.deepEqual(creditsOf(top.accountId), [top.paidId]);
    assert.equal(bench.ledger.netOf(top.accountId).toString(), "20");
  });
});

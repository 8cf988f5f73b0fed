import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { PaymentState } from "#gen/billing/admin/v1/payment_pb.ts";
import { type StripeEvent as InboxEvent, StripeEventState } from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { type DeliveryOptions, deliver } from "./stripe/webhooks.ts";
import { type PaymentStack, startPaymentStack } from "./testing/payment-stack.ts";
import { eventOf, expectAvailable, patientMs, payTopUp, payUnheard } from "./testing/payment-steps.ts";
import { outcomeOf, refusalOf } from "./testing/services.ts";

let payments: PaymentStack;

before(async () => {
  payments = await startPaymentStack();
});

after(() => payments?.stop());

/** An event once the inbox knows what became of it. */
async function settledEvent(eventId: string): Promise<InboxEvent> {
  return eventually(async () => {
    const { events } = await payments.clients.admin.listStripeEvents({ stripeId: eventId });
    assert.ok(events[0]?.processedAt);
    return events[0];
  }, patientMs);
}

describe("a delivery", () => {
  const now = () => Math.floor(Date.now() / 1_000);
  const refused: ReadonlyArray<[name: string, options: () => DeliveryOptions]> = [
    ["without a signature", () => ({ unsigned: true })],
    ["signed with another secret", () => ({ secret: "whsec_somebody_elses_secret" })],
    ["signed with an empty secret", () => ({ secret: "" })],
    ["signed ten minutes ago", () => ({ timestamp: now() - 600 })],
    ["signed a day ahead", () => ({ timestamp: now() + 86_400 })],
    [
      "with an altered body",
      () => ({ alter: (body) => body.replace(/"amount_subtotal": \d+/, '"amount_subtotal": 9999999') }),
    ],
    ["that is no JSON", () => ({ alter: () => "x" })],
  ];
  for (const [name, options] of refused) {
    test(`${name} is refused and changes nothing`, async () => {
      const accountId = await payments.openAccount("USD");
      const { sessionId } = await payments.beginTopUp(accountId, "USD", "20");
      payUnheard(payments, sessionId);
      const event = eventOf(payments, "checkout.session.completed", sessionId);
      const { status, body } = await deliver(event, payments.webhook, options());
      assert.equal(status, 400, body);
      assert.equal(JSON.parse(body).reason, "WEBHOOK_SIGNATURE_INVALID");
      assert.equal(await payments.availableOf(accountId), "0");
      const { events } = await payments.clients.admin.listStripeEvents({ stripeId: event.id });
      assert.deepEqual(events, []);

      const good = await deliver(event, payments.webhook, { secret: payments.secondSecret });
      assert.equal(good.status, 200, good.body);
      await expectAvailable(payments, accountId, "20");
    });
  }

  const { APPLIED, DUPLICATE } = StripeEventState;
  const sessionType = "checkout.session.completed";
  const intentType = "payment_intent.succeeded";
  // Only the intent's event knows the charge: after the session's it still has something to note.
  const orders: ReadonlyArray<[first: string, second: string, state: StripeEventState, effect: string]> = [
    [sessionType, intentType, APPLIED, "noted"],
    [intentType, sessionType, DUPLICATE, "all of it was known before"],
  ];
  for (const [first, second, state, effect] of orders) {
    test(`of ${first} credits, and of ${second} after it does not again`, async () => {
      const accountId = await payments.openAccount("USD");
      const { paymentId, sessionId } = await payments.beginTopUp(accountId, "USD", "20");
      payUnheard(payments, sessionId);
      const { payment_intent: intentId } = payments.stripe.records.sessions.get(sessionId);
      const objects: Record<string, string> = { [sessionType]: sessionId, [intentType]: intentId! };
      const found: Array<[StripeEventState | undefined, string | undefined]> = [];
      for (const type of [first, second]) {
        const event = eventOf(payments, type, objects[type]!);
        const { status, body } = await deliver(event, payments.webhook);
        assert.equal(status, 200, body);
        const shown = await settledEvent(event.id);
        found.push([shown.state, shown.effect]);
      }
      assert.deepEqual(found, [
        [APPLIED, "credited 20 USD"],
        [state, effect],
      ]);
      assert.equal(await payments.availableOf(accountId), "20");
      const { payment } = await payments.clients.admin.getPayment({ paymentId });
      assert.equal(payment?.creditReference, intentId);
    });
  }

  test("of an event that is none of ours is taken and changes nothing", async () => {
    const session = payments.stripe.checkout.create({
      mode: "payment",
      success_url: "https://shop.example",
      line_items: [{ quantity: "1", price_data: { currency: "usd", unit_amount: "2000" } }],
    });
    payments.stripe.checkout.pay(session.id);
    await eventually(async () => {
      const { events } = await payments.clients.admin.listStripeEvents({ stripeId: session.id });
      assert.equal(events[0]?.state, StripeEventState.IGNORED);
    }, patientMs);
    const { payments: found } = await payments.clients.admin.listPayments({ stripeId: session.id });
    assert.deepEqual(found, []);
  });
});

describe("a refund", () => {
  test("is shown first, then made once and taken from the balance, below zero if need be", async () => {
    const { accountId, paymentId } = await payTopUp(payments, "USD", "30");
    const { admin, core } = payments.clients;
    await core.charge({
      accountId,
      price: { case: "amount", value: { money: { currencyCode: "USD", amount: "25" } } },
      idempotencyKey: "spend",
    });
    const request = {
      paymentId,
      amount: { currencyCode: "USD", amount: "10" },
      reason: "not wanted",
      idempotencyKey: randomUUID(),
    };
    const preview = await admin.refundPayment({ ...request, previewOnly: true });
    assert.deepEqual(
      [preview.reversalAmount?.amount, preview.availableBefore?.amount, preview.availableAfter?.amount],
      ["10", "5", "-5"],
    );
    assert.equal(await payments.availableOf(accountId), "5");
    const made = await admin.refundPayment(request);
    assert.deepEqual([made.reversalApplied, made.availableAfter?.amount], [true, "-5"]);
    assert.equal(made.payment?.state, PaymentState.PARTIALLY_REFUNDED);
    const again = await admin.refundPayment(request);
    assert.deepEqual([again.idempotentReplay, again.refund?.refundId], [true, made.refund?.refundId]);
    assert.equal(await payments.availableOf(accountId), "-5");

    const tooMuch = await refusalOf(
      admin.refundPayment({
        ...request,
        amount: { currencyCode: "USD", amount: "20.01" },
        idempotencyKey: "b",
      }),
    );
    assert.equal(tooMuch?.info?.reason, "REFUND_EXCEEDS_PAYMENT");
    assert.equal(tooMuch?.info?.metadata.refundable, "20");
    await admin.refundPayment({ paymentId, reason: "all of it", idempotencyKey: "c" });
    await expectAvailable(payments, accountId, "-25");
    const more = admin.refundPayment({ paymentId, reason: "more", idempotencyKey: "d" });
    assert.equal(await outcomeOf(more), "PAYMENT_NOT_REFUNDABLE");
  });

  test("is made once though the answer of Stripe was lost", async () => {
    const { accountId, paymentId } = await payTopUp(payments, "USD", "30");
    const request = { paymentId, reason: "not wanted", idempotencyKey: randomUUID() };
    const { payment } = await payments.clients.admin.getPayment({ paymentId });
    payments.stripe.failNext(6);
    await outcomeOf(payments.clients.admin.refundPayment(request));
    payments.stripe.failNext(0);
    await eventually(() => payments.clients.admin.refundPayment(request), patientMs);
    await expectAvailable(payments, accountId, "0");
    const refunds = payments.stripe.records.refunds
      .newestFirst()
      .filter(({ payment_intent: intent }) => intent === payment?.paymentIntentId);
    assert.equal(refunds.length, 1);
  });

  test("that failed at the bank gives the credit back", async () => {
    const { accountId, paymentId } = await payTopUp(payments, "USD", "30");
    const { refund } = await payments.clients.admin.refundPayment({
      paymentId,
      reason: "not wanted",
      idempotencyKey: randomUUID(),
    });
    assert.equal(await payments.availableOf(accountId), "0");
    payments.stripe.reversals.failRefund(refund!.refundId);
    await expectAvailable(payments, accountId, "30");
  });
});

test("a dispute takes the money and freezes the account until it is won", async () => {
  const { accountId, paymentId } = await payTopUp(payments, "USD", "80");
  const { payment } = await payments.clients.admin.getPayment({ paymentId });
  const dispute = payments.stripe.reversals.openDispute(
    payments.stripe.records.intents.get(payment!.paymentIntentId).latest_charge!,
  );
  await expectAvailable(payments, accountId, "0");
  await eventually(async () => {
    const { account } = await payments.clients.core.getAccount({ accountId });
    assert.deepEqual(
      [account?.state, account?.freezeReasons],
      [AccountState.FROZEN, [`dispute:${dispute.id}`]],
    );
  }, patientMs);
  const refund = payments.clients.admin.refundPayment({
    paymentId,
    reason: "in dispute",
    idempotencyKey: "r",
  });
  assert.equal(await outcomeOf(refund), "PAYMENT_NOT_REFUNDABLE");
  payments.stripe.reversals.closeDispute(dispute.id, "won");
  await expectAvailable(payments, accountId, "80");
  await eventually(async () => {
    const { account } = await payments.clients.core.getAccount({ accountId });
    assert.equal(account?.state, AccountState.ACTIVE);
  }, patientMs);
});

test("an event can be processed again, from the inbox or from Stripe, and does nothing twice", async () => {
  const { accountId, sessionId } = await payTopUp(payments, "USD", "9");
  const { id: eventId } = eventOf(payments, "checkout.session.completed", sessionId);
  // The payment's other event may have credited, and this one have found it done: a replay changes neither.
  const settled = await settledEvent(eventId);
  assert.ok(
    settled.state === StripeEventState.APPLIED || settled.state === StripeEventState.DUPLICATE,
    String(settled.state),
  );
  const request = { eventId, reason: "looking again", idempotencyKey: randomUUID() };
  const first = await payments.clients.admin.replayStripeEvent(request);
  assert.deepEqual(
    [first.event?.state, first.event?.effect, first.event?.transactionId, first.payment?.accountId],
    [settled.state, settled.effect, settled.transactionId, accountId],
  );
  assert.equal(first.event?.attemptCount, settled.attemptCount + 1);
  assert.equal(await payments.availableOf(accountId), "9");
  assert.equal((await payments.clients.admin.replayStripeEvent(request)).idempotentReplay, true);

  const other = await payments.openAccount("USD");
  const lost = await payments.beginTopUp(other, "USD", "4");
  payUnheard(payments, lost.sessionId);
  const missed = eventOf(payments, "checkout.session.completed", lost.sessionId);
  const replayed = await payments.clients.admin.replayStripeEvent({
    eventId: missed.id,
    reason: "it never came",
    idempotencyKey: randomUUID(),
  });
  // The inbox has it now, too, and which of the two credits is chance.
  const { APPLIED, DUPLICATE } = StripeEventState;
  const { state } = replayed.event!;
  assert.ok(state === APPLIED || state === DUPLICATE, String(state));
  assert.equal(replayed.payment?.paymentId, lost.paymentId);
  assert.equal(replayed.payment.state, PaymentState.CREDITED);
  assert.equal(await payments.availableOf(other), "4");
  const unknown = { eventId: "evt_nowhere", reason: "a guess", idempotencyKey: randomUUID() };
  assert.equal(await outcomeOf(payments.clients.admin.replayStripeEvent(unknown)), "STRIPE_EVENT_NOT_FOUND");
});

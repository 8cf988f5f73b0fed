import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PaymentState } from "#gen/billing/admin/v1/payment_pb.ts";
import { DiscrepancyKind } from "#gen/billing/admin/v1/reconciliation_pb.ts";
import { StripeState } from "#gen/billing/admin/v1/stats_pb.ts";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { startServiceProcess } from "#platform/testing/service-process.ts";
import { type PaymentStack, startPaymentStack } from "./testing/payment-stack.ts";
import { outcomeOf } from "./testing/services.ts";

let payments: PaymentStack;

before(async () => {
  // A day, so that the schedule stays out of what the tests do by hand.
  payments = await startPaymentStack({ STRIPE_RECONCILE_SECONDS: "86400" });
  await eventually(async () => {
    const { stats } = await payments.clients.admin.getStats({});
    assert.ok(stats?.stripe?.lastReconciledAt, "the first run is over");
  });
  payments.delivers = false;
});

after(() => payments?.stop());

/** Goes through a whole reconciliation of one account, some objects at a time. */
async function reconcile(accountId: string, repair: boolean, maxObjects = 3) {
  const found: Array<{ kind: string; repaired: boolean }> = [];
  let cursor = "";
  do {
    const page = await payments.clients.admin.reconcilePayments({
      accountId,
      repair,
      reason: repair ? "a test" : "",
      cursor,
      maxObjects,
    });
    assert.ok(page.checkedEventCount + page.checkedObjectCount <= maxObjects);
    assert.equal(page.complete, page.nextCursor === "");
    for (const { kind, repaired, repairError } of page.discrepancies) {
      assert.equal(repairError, "");
      found.push({ kind: nameOf(kind), repaired });
    }
    cursor = page.nextCursor;
  } while (cursor !== "");
  return found;
}

function nameOf(kind: DiscrepancyKind): string {
  return Object.entries(DiscrepancyKind).find(([, value]) => value === kind)![0];
}

const kindsOf = (found: ReadonlyArray<{ kind: string }>) =>
  [...new Set(found.map(({ kind }) => kind))].sort();

describe("reconciling", () => {
  test("reports what never arrived without changing anything, repairs it when asked, then finds nothing", async () => {
    const accountId = await payments.openAccount("USD");
    const { sessionId, paymentId } = await payments.beginTopUp(accountId, "USD", "20");
    payments.stripe.checkout.pay(sessionId);
    assert.deepEqual(kindsOf(await reconcile(accountId, false)), ["CREDIT_MISSING", "EVENT_MISSED"]);
    assert.equal(await payments.availableOf(accountId), "0");
    assert.deepEqual((await reconcile(accountId, false, 100)).length, 4);

    const repaired = await reconcile(accountId, true);
    assert.ok(repaired.length > 0 && repaired.every((each) => each.repaired));
    assert.equal(await payments.availableOf(accountId), "20");
    assert.deepEqual(await reconcile(accountId, true), []);
    assert.equal(await payments.availableOf(accountId), "20");
    const { payment } = await payments.clients.admin.getPayment({ paymentId });
    assert.equal(payment?.state, PaymentState.CREDITED);
    assert.ok(payment?.reconciledAt);
  });

  test("finds refunds and disputes that nobody told of", async () => {
    const accountId = await payments.openAccount("EUR");
    const { sessionId } = await payments.beginTopUp(accountId, "EUR", "30");
    const session = payments.stripe.checkout.pay(sessionId);
    await reconcile(accountId, true);
    const intent = payments.stripe.records.intents.get(session.payment_intent!);
    payments.stripe.reversals.refund({ payment_intent: intent.id, amount: "1000" });
    assert.deepEqual(kindsOf(await reconcile(accountId, false)), ["EVENT_MISSED", "REVERSAL_DIFFERS"]);
    await reconcile(accountId, true);
    assert.equal(await payments.availableOf(accountId), "20");
    const dispute = payments.stripe.reversals.openDispute(intent.latest_charge!, true, 2_000);
    await reconcile(accountId, true);
    assert.equal(await payments.availableOf(accountId), "0");
    payments.stripe.reversals.closeDispute(dispute.id, "won");
    await reconcile(accountId, true);
    assert.equal(await payments.availableOf(accountId), "20");
    const { account } = await payments.clients.core.getAccount({ accountId });
    assert.deepEqual(account?.freezeReasons, []);
  });

  test("finds a payment that Admin does not know at all", async () => {
    const accountId = await payments.openAccount("USD");
    const mark = { account_id: accountId, top_up_id: `elsewhere-${accountId}` };
    const session = payments.stripe.checkout.create({
      mode: "payment",
      success_url: "https://shop.example",
      metadata: mark,
      payment_intent_data: { metadata: mark },
      line_items: [{ quantity: "1", price_data: { currency: "usd", unit_amount: "700" } }],
    });
    payments.stripe.checkout.pay(session.id);
    assert.ok(kindsOf(await reconcile(accountId, false)).includes("PAYMENT_UNKNOWN"));
    await reconcile(accountId, true);
    assert.equal(await payments.availableOf(accountId), "7");
  });

  const refused: ReadonlyArray<[name: string, request: object, reason: string]> = [
    ["repairing without a reason", { repair: true }, "REQUEST_INVALID"],
    ["a cursor of another call", { cursor: "AAAA" }, "PAGE_TOKEN_INVALID"],
    ["an end before the start", { startTime: { seconds: 10n }, endTime: { seconds: 5n } }, "REQUEST_INVALID"],
  ];
  for (const [name, request, reason] of refused) {
    test(`${name} is ${reason}`, async () => {
      assert.equal(await outcomeOf(payments.clients.admin.reconcilePayments(request)), reason);
    });
  }

  test("is written to the audit log when it repairs", async () => {
    const accountId = await payments.openAccount("USD");
    const { sessionId } = await payments.beginTopUp(accountId, "USD", "3");
    payments.stripe.checkout.pay(sessionId);
    await reconcile(accountId, true, 1_000);
    const { entries } = await payments.clients.admin.listAuditLog({ accountId });
    const actions = entries.map(({ action }) => action.split("/").at(-1));
    assert.deepEqual(actions.sort(), ["CreateCheckoutSession", "ReconcilePayments"]);
    assert.match(
      entries.find(({ action }) => action.endsWith("ReconcilePayments"))!.afterJson,
      /EVENT_MISSED/,
    );
  });
});

// Last, since it puts an Admin with a short schedule in the place of the one before.
test("the schedule finds lost events by itself, and statistics show it", async () => {
  const { stack, stripe, clients, availableOf } = payments;
  process.kill(stack.pidOf("admin")!, "SIGTERM");
  await waitUntil("the end of Admin", () => stack.pidOf("admin") === undefined);
  const given = Object.entries(stack.environment).filter((entry): entry is [string, string] => !!entry[1]);
  const scheduled = startServiceProcess("admin", {
    ...Object.fromEntries(given),
    STRIPE_RECONCILE_SECONDS: "5",
    // Its start is read from its log.
    LOG_FORMAT: "json",
  });
  try {
    await scheduled.port();
    const other = await payments.openAccount("USD");
    const lost = await payments.beginTopUp(other, "USD", "11");
    stripe.checkout.pay(lost.sessionId);
    await eventually(async () => assert.equal(await availableOf(other), "11"));
    await eventually(async () => {
      const { stats } = await clients.admin.getStats({});
      assert.equal(stats?.stripe?.state, StripeState.OK);
      assert.equal(stats?.stripe?.unappliedPaymentCount, 0n);
    });
  } finally {
    await scheduled.stop();
  }
});

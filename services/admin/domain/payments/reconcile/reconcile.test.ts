import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import { readEvent } from "../../../stripe/read-objects.ts";
import { bench } from "../../../testing/shared-payment-bench.ts";
import { accountOfRun, eventOfRun } from "../../../testing/stripe-scenarios.ts";
import type { SessionFacts } from "../stripe-facts.ts";
import type { ReportedDifference } from "./difference.ts";
import { beginReconciliation, type ReconcilePosition, reconcileStep } from "./reconcile.ts";

let runs = 0;

/** A payment of 100 USD, 30 of it refunded, that Stripe, Admin and Billing Core agree about. */
async function agreedPayment() {
  const run = `reconcile${++runs}`;
  const accountId = accountOfRun(run);
  bench.ledger.open(accountId, "USD");
  for (const eventId of ["evt_4a", "evt_4b"]) await bench.receive(eventOfRun(eventId, run));
  await bench.drain();
  const session = readEvent(eventOfRun("evt_4a", run)).facts as SessionFacts;
  bench.holdings.sessions = [session];
  const { intentId = "", id, createdAtMs } = session;
  bench.holdings.intents = [
    { kind: "intent", id: intentId, status: "succeeded", currency: "USD", livemode: false, createdAtMs },
  ];
  const paymentId = (await bench.payments.findId(id))!;
  const { payment } = (await bench.payments.read(paymentId))!;
  assert.equal(bench.ledger.netOf(accountId).toString(), "70");
  return { accountId, payment, credit: bench.ledger.credits.get(`${accountId} ${intentId}`)! };
}

/** Reconciles all there is for one account. */
async function reconcile(accountId: string, repairs: boolean): Promise<ReportedDifference[]> {
  const found: ReportedDifference[] = [];
  let position: ReconcilePosition | undefined = beginReconciliation(0, 4_000_000_000_000);
  while (position !== undefined) {
    const { differences, next }: Awaited<ReturnType<typeof reconcileStep>> = await reconcileStep(
      bench,
      position,
      { accountId, repairs, maxObjects: 2 },
    );
    found.push(...differences);
    position = next;
  }
  return found;
}

const kindsOf = (found: readonly ReportedDifference[]) => found.map(({ kind }) => kind);

describe("reconciling with Billing Core", () => {
  test("finds nothing where all agree", async () => {
    const { accountId } = await agreedPayment();
    assert.deepEqual(await reconcile(accountId, true), []);
  });

  test("finds a credit that Billing Core has lost, and makes it again", async () => {
    const { accountId, payment } = await agreedPayment();
    bench.ledger.credits.delete(`${accountId} ${payment.intentId}`);
    bench.ledger.transactions.delete(payment.credit!.transactionId);
    const [difference] = await reconcile(accountId, false);
    assert.deepEqual(
      [difference?.kind, difference?.expected?.amount, difference?.actual?.amount],
      ["CREDIT_MISSING", "70", "0"],
    );
    assert.equal(bench.ledger.netOf(accountId).toString(), "0");
    assert.deepEqual(kindsOf(await reconcile(accountId, true)), ["CREDIT_MISSING"]);
    assert.equal(bench.ledger.netOf(accountId).toString(), "70");
    assert.deepEqual(await reconcile(accountId, true), []);
  });

  test("finds a reversal that Billing Core has lost, and makes it again", async () => {
    const { accountId, payment, credit } = await agreedPayment();
    Object.assign(credit, { reversed: Decimal.zero, revision: 0 });
    bench.ledger.transactions.delete(payment.reversal.transactionIds[0]!);
    const [difference] = await reconcile(accountId, true);
    assert.deepEqual(
      [difference?.kind, difference?.expected?.amount, difference?.actual?.amount, difference?.isRepaired],
      ["REVERSAL_DIFFERS", "70", "100", true],
    );
    assert.equal(bench.ledger.netOf(accountId).toString(), "70");
    assert.deepEqual(await reconcile(accountId, true), []);
  });

  test("reports another amount than was paid, and leaves it to people", async () => {
    const { accountId, payment } = await agreedPayment();
    bench.ledger.transactions.set(payment.credit!.transactionId, Decimal.parse("1000"));
    const [difference] = await reconcile(accountId, true);
    assert.deepEqual([difference?.kind, difference?.isRepaired], ["CREDIT_DIFFERS", false]);
    assert.equal(bench.ledger.netOf(accountId).toString(), "70");
  });

  test("reports a credit for which Stripe has no payment, and leaves it to people", async () => {
    const { accountId } = await agreedPayment();
    bench.holdings.sessions = [];
    bench.holdings.intents = [];
    const found = await reconcile(accountId, true);
    assert.deepEqual(kindsOf(found), ["PAYMENT_MISSING"]);
    assert.equal(found[0]?.actual?.amount, "70");
    assert.equal(bench.ledger.netOf(accountId).toString(), "70");
  });

  test("says why a repair failed and goes on", async () => {
    const { accountId, payment } = await agreedPayment();
    bench.ledger.credits.delete(`${accountId} ${payment.intentId}`);
    bench.ledger.transactions.delete(payment.credit!.transactionId);
    bench.ledger.accounts.get(accountId)!.isClosed = true;
    const [difference] = await reconcile(accountId, true);
    assert.equal(difference?.isRepaired, false);
    assert.match(difference?.repairError ?? "", /^ACCOUNT_CLOSED/);
  });
});

import { Decimal } from "#money/decimal.ts";
import type { FulfilParts } from "../fulfil.ts";
import { creditReferenceOf, type Payment } from "../payment.ts";
import type { PaymentLedger } from "../payment-ledger.ts";
import { type Difference, expectedNet } from "./difference.ts";

export type CompareParts = FulfilParts & { readonly ledger: PaymentLedger };

/** Compares a credited payment with the transactions at Billing Core. */
export async function compareLedger(parts: CompareParts, payment: Payment): Promise<Difference | undefined> {
  const { credit, reversal, paymentId, accountId } = payment;
  const expected = expectedNet(payment);
  if (credit === undefined || expected === undefined) return undefined;
  const about = { paymentId, accountId, stripeId: creditReferenceOf(payment), expected };
  const { currencyCode } = credit;
  const credited = await parts.ledger.transactionAmount(credit.transactionId);
  if (credited === undefined)
    return {
      ...about,
      kind: "CREDIT_MISSING",
      actual: { currencyCode, amount: "0" },
      description: `Billing Core has no transaction ${credit.transactionId}`,
      repair: () => resettle(parts, payment, withoutCredit),
    };
  const amounts = await Promise.all(
    reversal.transactionIds.map((transactionId) => parts.ledger.transactionAmount(transactionId)),
  );
  const net = amounts.reduce<Decimal>((sum, amount) => sum.add(amount ?? Decimal.zero), credited);
  const actual = { currencyCode, amount: net.toString() };
  if (!credited.equals(Decimal.parse(credit.amount)))
    return {
      ...about,
      kind: "CREDIT_DIFFERS",
      actual,
      description: "another amount was credited than is noted",
    };
  if (net.equals(Decimal.parse(expected.amount))) return undefined;
  return {
    ...about,
    kind: "REVERSAL_DIFFERS",
    actual,
    description: "refunds and disputes are not taken back as they stand",
    repair: () => resettle(parts, payment, withReversalToSend),
  };
}

/** Writes a payment as it has to be for the settlement to do a step again, and settles it. */
async function resettle(
  { records, settlement, locks }: CompareParts,
  { paymentId, intentId }: Payment,
  change: (payment: Payment) => Payment,
): Promise<void> {
  await locks.run(intentId ?? paymentId, async () => {
    const known = await records.read(paymentId);
    if (known === undefined) return;
    const { refusal } = await settlement.settle(await records.save(known.version, change(known.payment)));
    if (refusal !== undefined) throw refusal;
  });
}

function withoutCredit({ credit: _, ...payment }: Payment): Payment {
  const { revision } = payment.reversal;
  return { ...payment, reversal: { revision, total: "0", appliedRevision: revision, transactionIds: [] } };
}

/** Billing Core posts what is missing to the total under a newer revision, or nothing. */
function withReversalToSend(payment: Payment): Payment {
  const revision = Math.max(payment.reversal.revision + 1, Date.now());
  return { ...payment, reversal: { ...payment.reversal, revision } };
}

import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { type Payment, RefundStateSchema } from "#gen/billing/admin/v1/payment_pb.ts";
import {
  RefundCategory,
  RefundCategorySchema,
  type RefundPaymentResponse,
} from "#gen/billing/admin/v1/payment_rpc_pb.ts";
import { ActionDialog, type ActionDraft } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { enumChoice, enumText } from "../../data/enum-text.ts";
import { readDecimal } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { SelectField, TextField } from "../../design/field.tsx";
import { Money } from "../../design/money.tsx";
import { amountProblem } from "../accounts/amount-problem.ts";

const admin = createClient(AdminService, transport);

/** No currency that Stripe takes has more digits after the point. */
const payableDigits = 3;

const categories = [
  [RefundCategory.REQUESTED_BY_CUSTOMER, "The customer asked for it"],
  [RefundCategory.DUPLICATE, "It was paid twice"],
  [RefundCategory.FRAUDULENT, "It was fraudulent: Stripe blocks the card"],
] as const;

/** What is left of a payment to be refunded: neither refunded nor withdrawn by a dispute. */
export function refundableOf({ totalAmount, refundedAmount, disputedAmount }: Payment) {
  return readDecimal(totalAmount?.amount)
    .subtract(readDecimal(refundedAmount?.amount))
    .subtract(readDecimal(disputedAmount?.amount));
}

/** Pays a payment back, wholly or in part, and takes the credit back in proportion. */
export function RefundDialog({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const { paymentId, accountId } = payment;
  const currencyCode = payment.totalAmount?.currencyCode ?? "";
  const left = { currencyCode, amount: refundableOf(payment).toString() };
  const [amount, setAmount] = useState("");
  const [category, setCategory] = useState<RefundCategory>(RefundCategory.REQUESTED_BY_CUSTOMER);
  const isAll = amount.trim() === "";
  const send = (draft: ActionDraft, previewOnly: boolean) =>
    admin.refundPayment(
      {
        paymentId,
        ...(!isAll && { amount: { currencyCode, amount: amount.trim() } }),
        reason: draft.reason,
        idempotencyKey: draft.idempotencyKey,
        category,
        previewOnly,
      },
      draft.options,
    );
  return (
    <ActionDialog
      title="Refund the payment"
      about={
        <>
          Up to <Money of={left} /> goes back to the payer of {accountId}, and its share of the credit is
          taken back.
        </>
      }
      confirmLabel="Refund"
      isFinal
      problem={isAll ? "" : amountProblem(amount, { scale: payableDigits })}
      entries={JSON.stringify([amount, category])}
      preview={(draft) => send(draft, true)}
      showPreview={(answer) => <Effect of={answer} />}
      run={(draft) => send(draft, false)}
      showResult={(answer) => (
        <>
          <Effect of={answer} />
          {answer.refund && <Line name="Refund" value={enumText(RefundStateSchema, answer.refund.state)} />}
          {!answer.reversalApplied && <p>The balance follows as soon as the ledger has the reversal.</p>}
        </>
      )}
      onClose={onClose}
    >
      <TextField
        label="Amount"
        name="amount"
        inputMode="decimal"
        placeholder={left.amount}
        autoFocus
        suffix={currencyCode}
        hint="With tax. Empty: all that is left."
        value={amount}
        onChange={(event) => setAmount(event.target.value)}
      />
      <SelectField
        label="What the payer's bank is told"
        name="category"
        options={categories.map(([value, text]) => [String(value), text] as const)}
        value={String(category)}
        onChange={(event) => setCategory(enumChoice(RefundCategorySchema, event.target.value) ?? category)}
      />
    </ActionDialog>
  );
}

function Effect({ of }: { of: RefundPaymentResponse }) {
  const { refund, reversalAmount, availableBefore, availableAfter } = of;
  const isBelowZero = readDecimal(availableAfter?.amount).isNegative();
  return (
    <>
      <Line name="Goes back to the payer" value={<Money of={refund?.amount} />} />
      <Line name="Taken from the balance" value={<Money of={reversalAmount} />} />
      <BeforeAfter
        name="Available"
        before={<Money of={availableBefore} />}
        after={<Money of={availableAfter} />}
      />
      {isBelowZero && <p>The customer has spent some of it: the balance goes below zero.</p>}
    </>
  );
}

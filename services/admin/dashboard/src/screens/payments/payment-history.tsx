import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { ReactNode } from "react";
import { PaymentState, RefundState, RefundStateSchema } from "#gen/billing/admin/v1/payment_pb.ts";
import type { GetPaymentResponse } from "#gen/billing/admin/v1/payment_rpc_pb.ts";
import { msOf } from "../../data/clock.ts";
import { enumText } from "../../data/enum-text.ts";
import { titleOf } from "../../data/failure.ts";
import { Icon, type IconName } from "../../design/icon.tsx";
import { Money } from "../../design/money.tsx";
import { TimeAgo, TimeAt } from "../../design/time.tsx";
import "./payments.css";

interface Step {
  readonly id: string;
  readonly icon: IconName;
  readonly text: ReactNode;
  readonly note?: ReactNode;
  readonly at: Timestamp | undefined;
}

/** What happened to a payment, oldest first. */
export function PaymentHistory({ of }: { of: GetPaymentResponse }) {
  const steps = [...ownSteps(of), ...refundSteps(of), ...disputeSteps(of)]
    .filter(({ at }) => at !== undefined)
    .toSorted((left, right) => secondOf(left.at) - secondOf(right.at));
  return (
    <ol className="steps">
      {steps.map(({ id, icon, text, note, at }) => (
        <li key={id}>
          <Icon name={icon} size={18} />
          <span>{text}</span>
          <TimeAgo at={at} />
          {note && <span className="step-note">{note}</span>}
        </li>
      ))}
    </ol>
  );
}

/** Stripe tells times in whole seconds; within one, things stand in the order in which they can happen. */
function secondOf(at: Timestamp | undefined): number {
  return Math.floor((msOf(at) ?? 0) / 1_000);
}

/** How a payment ends that was not paid. */
const ends: Readonly<Partial<Record<PaymentState, string>>> = {
  [PaymentState.FAILED]: "Failed",
  [PaymentState.EXPIRED]: "The page expired without a payment",
  [PaymentState.CANCELED]: "Canceled",
};

function ownSteps({ payment }: GetPaymentResponse): Step[] {
  if (payment === undefined) return [];
  const { state, failureCode, paymentMethodType } = payment;
  const end = ends[state];
  return [
    {
      id: "begun",
      icon: "plus",
      text: (
        <>
          Begun, for <Money of={payment.creditAmount} />
        </>
      ),
      at: payment.createdAt,
    },
    {
      id: "paid",
      icon: "payments",
      text: (
        <>
          Paid, <Money of={payment.totalAmount} />
        </>
      ),
      note: paymentMethodType && `by ${titleOf(paymentMethodType).toLowerCase()}`,
      at: payment.paidAt,
    },
    {
      id: "credited",
      icon: "check",
      text: (
        <>
          Credited, <Money of={payment.creditedAmount} />
        </>
      ),
      at: payment.creditedAt,
    },
    ...(end === undefined
      ? []
      : [
          {
            id: "end",
            icon: "close" as const,
            text: end,
            note: failureCode && titleOf(failureCode),
            at: payment.updatedAt,
          },
        ]),
  ];
}

function refundSteps({ refunds }: GetPaymentResponse): Step[] {
  return refunds.map(({ refundId, amount, state, reason, failureCode, createdAt }) => ({
    id: refundId,
    icon: state === RefundState.FAILED ? "danger" : "refund",
    text: (
      <>
        Refund of <Money of={amount} />: {enumText(RefundStateSchema, state).toLowerCase()}
      </>
    ),
    note: [reason, failureCode && titleOf(failureCode), refundId].filter(Boolean).join(" · "),
    at: createdAt,
  }));
}

function disputeSteps({ disputes }: GetPaymentResponse): Step[] {
  return disputes.map(({ disputeId, amount, status, reason, fundsWithdrawn, evidenceDueAt, createdAt }) => ({
    id: disputeId,
    icon: "warning",
    text: (
      <>
        Dispute over <Money of={amount} />: {titleOf(status).toLowerCase()}
      </>
    ),
    note: (
      <>
        {[reason && titleOf(reason), fundsWithdrawn ? "money withdrawn" : "money not withdrawn", disputeId]
          .filter(Boolean)
          .join(" · ")}
        {evidenceDueAt && (
          <>
            {" · evidence until "}
            <TimeAt at={evidenceDueAt} brief />
          </>
        )}
      </>
    ),
    at: createdAt,
  }));
}

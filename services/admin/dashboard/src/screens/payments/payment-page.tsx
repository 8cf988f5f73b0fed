import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { type Payment, PaymentState } from "#gen/billing/admin/v1/payment_pb.ts";
import type { GetPaymentResponse } from "#gen/billing/admin/v1/payment_rpc_pb.ts";
import { readDecimal } from "../../data/exact.ts";
import { titleOf } from "../../data/failure.ts";
import { usePathId } from "../../data/path-id.ts";
import { Badge } from "../../design/badge.tsx";
import { Button, LinkButton } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Stat, StatRow } from "../../design/facts.tsx";
import { Icon } from "../../design/icon.tsx";
import { Money } from "../../design/money.tsx";
import { PageHeader } from "../../design/page.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { Table } from "../../design/table.tsx";
import { usePermission } from "../../session/permission.ts";
import { eventColumns } from "./event-columns.tsx";
import { PaymentBadge } from "./payment-badges.tsx";
import { PaymentFacts, StripeFacts } from "./payment-facts.tsx";
import { PaymentHistory } from "./payment-history.tsx";
import { RefundDialog, refundableOf } from "./refund-dialog.tsx";
import { ReplayDialog } from "./replay-dialog.tsx";

/** A payment: what was paid, what became balance of it, and everything that happened to it. */
export function Page() {
  const paymentId = usePathId("paymentId");
  const found = useQuery(AdminService.method.getPayment, { paymentId });
  const known = found.data?.payment;
  return (
    <>
      <PageHeader
        title={known?.accountId ? `Payment of ${known.accountId}` : "Payment"}
        back={{ href: "/payments", label: "Payments" }}
        badges={
          known && (
            <>
              <PaymentBadge state={known.state} />
              {!known.livemode && <Badge tone="info">Test mode</Badge>}
            </>
          )
        }
        about={<span className="mono">{paymentId}</span>}
        actions={known && <Actions payment={known} />}
      />
      <Loaded from={found} lines={8}>
        {(answer) => answer.payment && <Parts answer={answer} payment={answer.payment} />}
      </Loaded>
    </>
  );
}

function Actions({ payment }: { payment: Payment }) {
  const [isShown, show] = useState(false);
  const mayRefund = usePermission()(AdminService.method.refundPayment);
  const left = refundableOf(payment);
  const isRefundable =
    payment.paidAt !== undefined &&
    payment.state !== PaymentState.DISPUTED &&
    !left.isZero() &&
    !left.isNegative();
  return (
    <>
      {mayRefund && isRefundable && (
        <Button icon="refund" onClick={() => show(true)}>
          Refund
        </Button>
      )}
      {isShown && <RefundDialog payment={payment} onClose={() => show(false)} />}
    </>
  );
}

function Parts({ answer, payment }: { answer: GetPaymentResponse; payment: Payment }) {
  return (
    <div className="stack">
      {payment.unappliedReason && <NotCredited payment={payment} />}
      <Figures payment={payment} />
      <div className="columns">
        <Card title="What happened">
          <PaymentHistory of={answer} />
        </Card>
        <div className="stack">
          <PaymentFacts of={payment} />
          <StripeFacts of={payment} />
        </div>
      </div>
      <Events of={answer} />
    </div>
  );
}

function NotCredited({ payment }: { payment: Payment }) {
  return (
    <div className="stale" role="status">
      <Icon name="warning" size={16} />
      <span>
        Paid, and not credited: {titleOf(payment.unappliedReason).toLowerCase()}. Mend the cause and
        reconcile, or refund it.
      </span>
      <LinkButton size="s" href={`/accounts/${encodeURIComponent(payment.accountId)}`}>
        Open the account
      </LinkButton>
    </div>
  );
}

/** Paid, credited, taken back and what is left of the credit. */
function Figures({ payment }: { payment: Payment }) {
  const { totalAmount, creditAmount, taxAmount, creditedAmount, reversedAmount } = payment;
  const isPaid = payment.paidAt !== undefined;
  const net = creditedAmount && {
    currencyCode: creditedAmount.currencyCode,
    amount: readDecimal(creditedAmount.amount).subtract(readDecimal(reversedAmount?.amount)).toString(),
  };
  const tax = readDecimal(taxAmount?.amount);
  return (
    <StatRow>
      <Stat
        big
        name={isPaid ? "Paid" : "To pay"}
        value={<Money of={totalAmount ?? creditAmount} />}
        note={
          tax.isZero() ? (
            "no tax in it"
          ) : (
            <>
              <Money of={taxAmount} /> tax in it
            </>
          )
        }
      />
      <Stat
        name="Credited"
        value={<Money of={creditedAmount} />}
        note={creditedAmount ? "became balance" : "nothing yet"}
      />
      <Stat name="Taken back" value={<Money of={reversedAmount} />} note={<ReversalNote of={payment} />} />
      <Stat name="Net credit" value={<Money of={net} />} note="credited, less what was taken back" />
    </StatRow>
  );
}

function ReversalNote({ of }: { of: Payment }) {
  const { refundedAmount, disputedAmount } = of;
  const isRefunded = !readDecimal(refundedAmount?.amount).isZero();
  const isDisputed = !readDecimal(disputedAmount?.amount).isZero();
  if (!isRefunded && !isDisputed) return <>no refund, no dispute</>;
  return (
    <>
      {isRefunded && (
        <>
          <Money of={refundedAmount} /> refunded
        </>
      )}
      {isRefunded && isDisputed && ", "}
      {isDisputed && (
        <>
          <Money of={disputedAmount} /> disputed
        </>
      )}
    </>
  );
}

function Events({ of }: { of: GetPaymentResponse }) {
  const [replayed, replay] = useState<GetPaymentResponse["events"][number]>();
  const mayReplay = usePermission()(AdminService.method.replayStripeEvent);
  return (
    <Card flush title="Stripe events" hint="what Stripe told of it, oldest first">
      <Table
        label="Stripe events"
        columns={eventColumns(mayReplay ? replay : undefined)}
        rows={of.events}
        keyOf={({ eventId }) => eventId}
        empty={<EmptyState title="Stripe has told nothing of it yet" icon="payments" />}
      />
      {replayed && (
        <ReplayDialog eventId={replayed.eventId} event={replayed} onClose={() => replay(undefined)} />
      )}
    </Card>
  );
}

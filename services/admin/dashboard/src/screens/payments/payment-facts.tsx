import { Link } from "wouter";
import type { Payment } from "#gen/billing/admin/v1/payment_pb.ts";
import { titleOf } from "../../data/failure.ts";
import { Card } from "../../design/card.tsx";
import { CopyText } from "../../design/copy-text.tsx";
import { Facts } from "../../design/facts.tsx";
import { TimeAgo, TimeAt } from "../../design/time.tsx";

/** Where a payment belongs and where it is in the ledger. */
export function PaymentFacts({ of }: { of: Payment }) {
  const { accountId, creditTransactionId, reversalTransactionIds } = of;
  return (
    <Card title="In the ledger">
      <Facts
        of={[
          [
            "Account",
            accountId && (
              <Link key="account" href={`/accounts/${encodeURIComponent(accountId)}`}>
                {accountId}
              </Link>
            ),
          ],
          ["Credit", creditTransactionId && <EntryLink key="credit" id={creditTransactionId} />],
          ...reversalTransactionIds.map(
            (id, index) => [`Reversal ${index + 1}`, <EntryLink key={id} id={id} />] as const,
          ),
          ["Credit reference", of.creditReference && <code key="reference">{of.creditReference}</code>],
          ["Begun", <TimeAt key="begun" at={of.createdAt} />],
          ["Changed last", <TimeAt key="changed" at={of.updatedAt} />],
          [
            "Compared with Stripe",
            of.reconciledAt ? <TimeAgo key="compared" at={of.reconciledAt} /> : "never",
          ],
        ]}
      />
    </Card>
  );
}

function EntryLink({ id }: { id: string }) {
  return (
    <Link href={`/transactions/${encodeURIComponent(id)}`} className="mono">
      {id}
    </Link>
  );
}

/** The payment at Stripe, and the way there. */
export function StripeFacts({ of }: { of: Payment }) {
  const { paymentIntentId, livemode, paymentMethodType, failureCode } = of;
  const page = `https://dashboard.stripe.com/${livemode ? "" : "test/"}payments/${paymentIntentId}`;
  return (
    <Card
      title="At Stripe"
      actions={
        paymentIntentId && (
          <a href={page} target="_blank" rel="noreferrer">
            Open at Stripe
          </a>
        )
      }
    >
      <Facts
        of={[
          ["Session", of.checkoutSessionId && <CopyText key="session" text={of.checkoutSessionId} />],
          ["Payment intent", paymentIntentId && <CopyText key="intent" text={paymentIntentId} />],
          ["Charge", of.chargeId && <CopyText key="charge" text={of.chargeId} />],
          ["Method", paymentMethodType && titleOf(paymentMethodType)],
          ["Refused", failureCode && titleOf(failureCode)],
        ]}
      />
    </Card>
  );
}

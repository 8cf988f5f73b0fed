import type { StripeStatus } from "#gen/billing/admin/v1/stats_pb.ts";
import { PageHeader } from "../../design/page.tsx";
import { Tabs, useTab } from "../../design/tabs.tsx";
import { EventList } from "./event-list.tsx";
import { PaymentList } from "./payment-list.tsx";
import { Reconciliation } from "./reconciliation.tsx";
import { StripeBadges, StripeFigures, useStripe } from "./stripe-status.tsx";

const tabs = [
  ["payments", "Payments"],
  ["unapplied", "Not credited"],
  ["events", "Stripe events"],
  ["reconciliation", "Reconciliation"],
] as const;

/** Top-ups by Stripe: what was paid, what became of it, and what does not agree. */
export function Page() {
  const stripe = useStripe();
  return (
    <>
      <PageHeader
        title="Payments"
        about="Top-ups by Stripe, each credited exactly once."
        badges={<StripeBadges stripe={stripe.data?.stats?.stripe} />}
      />
      <div className="stack">
        <StripeFigures from={stripe} />
        <Tabs label="Parts of payments" tabs={tabs} />
        <Part stripe={stripe.data?.stats?.stripe} />
      </div>
    </>
  );
}

function Part({ stripe }: { stripe: StripeStatus | undefined }) {
  const shown = useTab("payments");
  switch (shown) {
    case "unapplied":
      return <PaymentList unappliedOnly />;
    case "events":
      return <EventList />;
    case "reconciliation":
      return <Reconciliation stripe={stripe} />;
    default:
      return <PaymentList />;
  }
}

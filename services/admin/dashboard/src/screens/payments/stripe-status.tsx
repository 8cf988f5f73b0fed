import { useQuery } from "@connectrpc/connect-query";
import { Link } from "wouter";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { StripeState, type StripeStatus } from "#gen/billing/admin/v1/stats_pb.ts";
import { formatNumber } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { Stat, StatRow } from "../../design/facts.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { TimeAgo } from "../../design/time.tsx";

/** How the connection to Stripe stands, as Admin's figures say. */
export function useStripe() {
  return useQuery(AdminService.method.getStats, {});
}

/** The figures that tell whether payments need somebody. */
export function StripeFigures({ from }: { from: ReturnType<typeof useStripe> }) {
  return (
    <Loaded from={from} lines={2}>
      {({ stats }) =>
        stats?.stripe?.state === StripeState.NOT_CONFIGURED ? (
          <PaymentsOff />
        ) : (
          stats?.stripe && <Figures stripe={stats.stripe} />
        )
      }
    </Loaded>
  );
}

/** Test or live, and whether Stripe answers. */
export function StripeBadges({ stripe }: { stripe: StripeStatus | undefined }) {
  switch (stripe?.state) {
    case StripeState.NOT_CONFIGURED:
      return <Badge icon="lock">Switched off</Badge>;
    case StripeState.FAILING:
      return <Badge tone="danger">Stripe fails</Badge>;
    case StripeState.OK:
      return stripe.livemode ? <Badge tone="good">Live mode</Badge> : <Badge tone="info">Test mode</Badge>;
    default:
      return null;
  }
}

function PaymentsOff() {
  return (
    <Card>
      <EmptyState title="Payments are switched off" icon="payments">
        No key of Stripe is configured. Set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET for Admin and start it
        again. Everything else works without, and payments of former times stay readable below.
      </EmptyState>
    </Card>
  );
}

function Figures({ stripe }: { stripe: StripeStatus }) {
  return (
    <>
      <StatRow>
        <Figure
          name="Not credited"
          count={stripe.unappliedPaymentCount}
          note="paid, without a place to go"
          href="/payments?tab=unapplied"
        />
        <Figure
          name="Failed events"
          count={stripe.failedEventCount}
          note="their effect did not happen"
          href="/payments?tab=events&state=failed"
        />
        <Figure
          name="Waiting events"
          count={stripe.pendingEventCount}
          note="their effect is still to come"
          href="/payments?tab=events&state=waiting"
        />
        <Stat
          name="Open differences"
          value={formatNumber(stripe.openDiscrepancyCount)}
          note={
            stripe.lastReconciledAt ? (
              <>
                compared <TimeAgo at={stripe.lastReconciledAt} />
              </>
            ) : (
              "never compared yet"
            )
          }
        />
      </StatRow>
      {stripe.lastError && (
        <div className="stale" role="status">
          <span>Stripe failed last: {stripe.lastError}</span>
        </div>
      )}
    </>
  );
}

/** A count that leads to what it counts. */
function Figure({ name, count, note, href }: { name: string; count: bigint; note: string; href: string }) {
  const value = formatNumber(count);
  if (count === 0n) return <Stat name={name} value={value} note="nothing to do" />;
  return <Stat name={name} value={<Link href={href}>{value}</Link>} note={note} />;
}

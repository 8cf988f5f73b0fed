import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { type Discrepancy, DiscrepancyKindSchema } from "#gen/billing/admin/v1/reconciliation_pb.ts";
import { StripeState, type StripeStatus } from "#gen/billing/admin/v1/stats_pb.ts";
import { msOf } from "../../data/clock.ts";
import { enumText } from "../../data/enum-text.ts";
import { countText } from "../../data/exact.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { DaysFilter, useDays } from "../../design/date-filter.tsx";
import { FilterBar, SearchFilter } from "../../design/filter-bar.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { type ReconcileReport, type ReconcileScope, reconcile } from "./reconcile.ts";
import { RepairDialog } from "./repair-dialog.tsx";

/** Compares Stripe with what Admin and the ledger hold, and repairs what differs. */
export function Reconciliation({ stripe }: { stripe: StripeStatus | undefined }) {
  const mayReconcile = usePermission()(AdminService.method.reconcilePayments);
  if (stripe?.state === StripeState.NOT_CONFIGURED)
    return (
      <Card>
        <EmptyState title="There is nothing to compare with" icon="payments">
          Without a key of Stripe&apos;s nothing can be asked there.
        </EmptyState>
      </Card>
    );
  if (!mayReconcile)
    return (
      <Card>
        <EmptyState title="Your role may not compare payments" icon="lock">
          It needs the role finance. The system compares by itself as well; what it left stands above.
        </EmptyState>
      </Card>
    );
  return <Comparison />;
}

function Comparison() {
  const [accountId] = useUrlState("q");
  const scope: ReconcileScope = { ...useDays(), accountId };
  const key = JSON.stringify([msOf(scope.startTime), msOf(scope.endTime), accountId]);
  const [asked, ask] = useState<string>();
  const [isRepairing, repair] = useState(false);
  const report = useQuery({
    queryKey: ["reconcile", key],
    queryFn: ({ signal }) => reconcile(scope, undefined, { signal }),
    enabled: asked === key,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const compare = () => {
    if (asked === key) void report.refetch();
    ask(key);
  };
  const shown = asked === key ? report.data : undefined;
  return (
    <Card
      flush
      title="Differences"
      hint={shown && <Compared report={shown} />}
      actions={
        <>
          {shown && shown.discrepancies.length > 0 && (
            <Button icon="edit" onClick={() => repair(true)}>
              Repair
            </Button>
          )}
          <Button look="primary" icon="search" busy={report.isFetching} onClick={compare}>
            {shown ? "Compare again" : "Compare"}
          </Button>
        </>
      }
    >
      <FilterBar>
        <SearchFilter label="One account alone" />
        <DaysFilter what="Made" />
      </FilterBar>
      {asked !== key ? (
        <EmptyState title="Compare Stripe with the ledger" icon="search">
          Every event and payment of the days is looked up at both. Without days: everything since the last
          comparison. It changes nothing.
        </EmptyState>
      ) : (
        <Loaded from={report} lines={5}>
          {(found) => <Differences report={found} />}
        </Loaded>
      )}
      {isRepairing && <RepairDialog scope={scope} onClose={() => repair(false)} />}
    </Card>
  );
}

function Compared({ report }: { report: ReconcileReport }) {
  return (
    <>
      {countText(report.checkedEventCount, "events")} and {countText(report.checkedObjectCount, "objects")}{" "}
      {report.startTime && (
        <>
          from <TimeAt at={report.startTime} brief /> to <TimeAt at={report.endTime} brief />
        </>
      )}
      {!report.complete && ", not all of them: choose fewer days"}
    </>
  );
}

/** What differs, a row for each. */
export function Differences({ report }: { report: ReconcileReport }) {
  return (
    <Table
      label="Differences"
      columns={columns}
      rows={report.discrepancies}
      keyOf={keyOf}
      empty={
        <EmptyState title="Stripe and the ledger agree" icon="check">
          {countText(report.checkedEventCount, "events")} and{" "}
          {countText(report.checkedObjectCount, "objects")} were compared.
        </EmptyState>
      }
    />
  );
}

function keyOf({ kind, stripeId, paymentId, description }: Discrepancy): string {
  return [kind, stripeId, paymentId, description].join(" ");
}

const columns: ReadonlyArray<Column<Discrepancy>> = [
  {
    id: "kind",
    title: "Difference",
    compare: (left, right) => left.kind - right.kind,
    cell: ({ kind, description }) => (
      <>
        <strong>{enumText(DiscrepancyKindSchema, kind)}</strong>
        <div className="labels">{description}</div>
      </>
    ),
  },
  {
    id: "payment",
    title: "Payment",
    isMinor: true,
    compare: (left, right) => left.accountId.localeCompare(right.accountId),
    cell: ({ paymentId, accountId, stripeId }) => (
      <>
        {paymentId ? (
          <Link href={`/payments/${encodeURIComponent(paymentId)}`} className="table-link">
            {accountId || "no account"}
          </Link>
        ) : (
          accountId || "unknown"
        )}
        <div className="labels mono event-id">{stripeId}</div>
      </>
    ),
  },
  {
    id: "expected",
    title: "Should be",
    align: "right",
    cell: ({ expectedAmount }) => <Money of={expectedAmount} />,
  },
  {
    id: "actual",
    title: "Is",
    align: "right",
    cell: ({ actualAmount }) => <Money of={actualAmount} />,
  },
  {
    id: "repaired",
    title: "Repair",
    isMinor: true,
    cell: ({ repaired, repairError }) =>
      repairError ? (
        <span className="event-error">{repairError}</span>
      ) : repaired ? (
        <Badge tone="good">Repaired</Badge>
      ) : (
        "not yet"
      ),
  },
];

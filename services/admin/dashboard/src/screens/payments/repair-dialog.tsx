import { DiscrepancyKind, DiscrepancyKindSchema } from "#gen/billing/admin/v1/reconciliation_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { Line } from "../../actions/before-after.tsx";
import { enumText } from "../../data/enum-text.ts";
import { formatNumber } from "../../data/exact.ts";
import { type ReconcileReport, type ReconcileScope, reconcile } from "./reconcile.ts";

/** What is told and left to people, since no rule says which side is right. */
const leftToPeople: ReadonlySet<DiscrepancyKind> = new Set([
  DiscrepancyKind.CREDIT_DIFFERS,
  DiscrepancyKind.PAYMENT_MISSING,
]);

/** Repairs what differs by the same steps as for an event that arrives: a repeat does nothing twice. */
export function RepairDialog({ scope, onClose }: { scope: ReconcileScope; onClose: () => void }) {
  return (
    <ActionDialog
      title="Repair the differences"
      about="Events that were missed are processed, credits and reversals that are missing are made."
      confirmLabel="Repair"
      entries={scope.accountId}
      preview={(draft) => reconcile(scope, undefined, draft.options)}
      showPreview={(report) => <Effect report={report} />}
      run={(draft) => reconcile(scope, draft.reason, draft.options)}
      showResult={(report) => (
        <>
          <Line name="Repaired" value={formatNumber(report.repairedCount)} />
          <Line name="Left" value={formatNumber(report.discrepancies.length - report.repairedCount)} />
        </>
      )}
      onClose={onClose}
    />
  );
}

function Effect({ report }: { report: ReconcileReport }) {
  const { discrepancies } = report;
  const kinds = [...new Set(discrepancies.map(({ kind }) => kind))];
  const isLeft = kinds.some((kind) => leftToPeople.has(kind));
  if (kinds.length === 0) return <p>Nothing differs: there is nothing to repair.</p>;
  return (
    <>
      {kinds.map((kind) => (
        <Line
          key={kind}
          name={enumText(DiscrepancyKindSchema, kind)}
          value={formatNumber(discrepancies.filter((each) => each.kind === kind).length)}
        />
      ))}
      {isLeft && <p>Credits that differ and payments that are missing are left to people.</p>}
    </>
  );
}

import { useState } from "react";
import type { ImportChange, PriceImport } from "#gen/billing/pricing/v1/price_import_pb.ts";
import { ActionDialog } from "../../../actions/action-dialog.tsx";
import { Line } from "../../../actions/before-after.tsx";
import { formatNumber } from "../../../data/exact.ts";
import { CheckField } from "../../../design/field.tsx";
import { ChangeSummary } from "./change-summary.tsx";
import { ImportBadge } from "./import-badges.tsx";
import { pricing, readWaiting, selectionOf } from "./read-waiting.ts";

/** What every dialog of an import works on. */
export interface ImportDialogProps {
  readonly of: PriceImport;
  /** Price ids of the chosen changes; none means every one that waits. */
  readonly chosen: readonly string[];
  readonly onClose: () => void;
}

/** Puts changes into the catalogue; suspicious ones only when asked for. */
export function ApplyDialog({ of, chosen, onClose }: ImportDialogProps) {
  const { importId, sourceId } = of;
  const [approveHeld, setApproveHeld] = useState(false);
  return (
    <ActionDialog
      title="Approve the changes"
      about={
        chosen.length === 0
          ? `Everything that waits in this import from ${sourceId}.`
          : `${formatNumber(chosen.length)} chosen changes of this import from ${sourceId}.`
      }
      confirmLabel="Approve"
      entries={JSON.stringify([approveHeld, chosen])}
      preview={(draft) => readWaiting(importId, chosen, draft.options)}
      showPreview={(changes) => <Effect changes={changes} approveHeld={approveHeld} />}
      run={(draft) =>
        pricing.applyImport(
          { importId, selection: selectionOf(chosen), approveHeld, comment: draft.reason },
          draft.options,
        )
      }
      showResult={({ import: after, appliedCount, conflictPriceIds }) => (
        <>
          <Line name="Applied" value={formatNumber(appliedCount)} />
          {conflictPriceIds.length > 0 && (
            <Line name="Left alone, changed meanwhile" value={formatNumber(conflictPriceIds.length)} />
          )}
          {after && <Line name="Import" value={<ImportBadge state={after.state} />} />}
        </>
      )}
      onClose={onClose}
    >
      <CheckField
        label="Approve suspicious ones too"
        name="approve-held"
        hint="Those that the guard holds: prices that change much, become free, or are gone."
        checked={approveHeld}
        onChange={(event) => setApproveHeld(event.target.checked)}
      />
    </ActionDialog>
  );
}

function Effect({ changes, approveHeld }: { changes: readonly ImportChange[]; approveHeld: boolean }) {
  const applied = changes.filter(({ holdReasons }) => approveHeld || holdReasons.length === 0);
  const left = changes.length - applied.length;
  return (
    <>
      <ChangeSummary changes={applied} />
      {left > 0 && <Line name="Left, since suspicious" value={formatNumber(left)} />}
      <p className="soft">In force at once; charges and holds of before keep their prices.</p>
    </>
  );
}

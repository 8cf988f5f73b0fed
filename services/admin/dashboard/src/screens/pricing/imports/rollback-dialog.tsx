import { ActionDialog } from "../../../actions/action-dialog.tsx";
import { Line } from "../../../actions/before-after.tsx";
import { formatNumber } from "../../../data/exact.ts";
import type { ImportDialogProps } from "./apply-dialog.tsx";
import { ImportBadge } from "./import-badges.tsx";
import { pricing } from "./read-waiting.ts";

/** Undoes what an import applied, by new versions with the terms before. */
export function RollbackDialog({ of, onClose }: ImportDialogProps) {
  const { importId, sourceId } = of;
  return (
    <ActionDialog
      title="Roll the import back"
      about={`What this import from ${sourceId} applied is undone.`}
      confirmLabel="Roll back"
      isFinal
      entries={importId}
      preview={async (draft) => (await pricing.getImport({ importId, pageSize: 1 }, draft.options)).import}
      showPreview={(now) => (
        <>
          <Line name="Brought back" value={formatNumber(now?.counts?.appliedCount ?? 0)} />
          <p className="soft">
            Prices get new versions with the terms before; those that the import created are archived. One
            that was changed since is left alone.
          </p>
        </>
      )}
      run={(draft) => pricing.rollbackImport({ importId, comment: draft.reason }, draft.options)}
      showResult={({ import: after, restoredCount, conflictPriceIds }) => (
        <>
          <Line name="Brought back" value={formatNumber(restoredCount)} />
          {conflictPriceIds.length > 0 && (
            <Line name="Left alone, changed since" value={formatNumber(conflictPriceIds.length)} />
          )}
          {after && <Line name="Import" value={<ImportBadge state={after.state} />} />}
        </>
      )}
      onClose={onClose}
    />
  );
}

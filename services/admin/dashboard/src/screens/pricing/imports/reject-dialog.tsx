import { ActionDialog } from "../../../actions/action-dialog.tsx";
import { Line } from "../../../actions/before-after.tsx";
import { formatNumber } from "../../../data/exact.ts";
import type { ImportDialogProps } from "./apply-dialog.tsx";
import { ImportBadge } from "./import-badges.tsx";
import { pricing, readWaiting, selectionOf } from "./read-waiting.ts";

/** Turns changes down. The catalogue stays as it is. */
export function RejectDialog({ of, chosen, onClose }: ImportDialogProps) {
  const { importId, sourceId } = of;
  return (
    <ActionDialog
      title="Reject the changes"
      about={
        chosen.length === 0
          ? `Everything that waits in this import from ${sourceId}.`
          : `${formatNumber(chosen.length)} chosen changes of this import from ${sourceId}.`
      }
      confirmLabel="Reject"
      isFinal
      entries={JSON.stringify(chosen)}
      preview={(draft) => readWaiting(importId, chosen, draft.options)}
      showPreview={(changes) => (
        <>
          <Line name="Turned down" value={formatNumber(changes.length)} />
          <p className="soft">
            The catalogue stays as it is. The next reading brings what still differs again.
          </p>
        </>
      )}
      run={(draft) =>
        pricing.rejectImport(
          { importId, selection: selectionOf(chosen), comment: draft.reason },
          draft.options,
        )
      }
      showResult={({ import: after }) =>
        after && <Line name="Import" value={<ImportBadge state={after.state} />} />
      }
      onClose={onClose}
    />
  );
}

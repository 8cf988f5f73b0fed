import { createClient } from "@connectrpc/connect";
import type { Alert } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { transport } from "../../data/transport.ts";

const monitoring = createClient(MonitoringService, transport);

/** Notes that somebody has taken an alert, or takes that back. */
export function AcknowledgeDialog({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const { alertId, acknowledgement } = alert;
  const withdraw = acknowledgement !== undefined;
  const holder = acknowledgement?.acknowledgedBy ?? "nobody";
  return (
    <ActionDialog
      title={withdraw ? "Take the acknowledgement back" : "Take the alert"}
      about={
        withdraw
          ? "It is repeated again until somebody takes it."
          : "Others see that you look after it. It is no longer repeated; that it is resolved is still told."
      }
      confirmLabel={withdraw ? "Take it back" : "I take it"}
      reasonLength={[0, 500]}
      entries={String(withdraw)}
      preview={async () => holder}
      showPreview={(before) => (
        <>
          <BeforeAfter name="Taken by" before={before} after={withdraw ? "nobody" : "you"} />
          <Line name="Repeated" value={withdraw ? "yes" : "no"} />
        </>
      )}
      run={(draft) => monitoring.acknowledgeAlert({ alertId, note: draft.reason, withdraw }, draft.options)}
      showResult={({ alert: after }) => (
        <Line name="Taken by" value={after?.acknowledgement?.acknowledgedBy ?? "nobody"} />
      )}
      onClose={onClose}
    />
  );
}

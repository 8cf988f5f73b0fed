import { createClient } from "@connectrpc/connect";
import type { AlertRule } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { transport } from "../../data/transport.ts";
import { RuleHealthBadge } from "./alert-badges.tsx";

const monitoring = createClient(MonitoringService, transport);

/** Switches a rule off or on; what else it says stays. */
export function SwitchRuleDialog({ rule, onClose }: { rule: AlertRule; onClose: () => void }) {
  const { ruleId, spec, version, firingCount, pendingCount } = rule;
  const disabled = !spec?.disabled;
  return (
    <ActionDialog
      title={disabled ? "Switch the rule off" : "Switch the rule on"}
      about={disabled ? "It is no longer evaluated, and its alerts resolve." : "It is evaluated again."}
      confirmLabel={disabled ? "Switch off" : "Switch on"}
      entries={String(version)}
      preview={async () => firingCount + pendingCount}
      showPreview={(count) => (
        <>
          <BeforeAfter name="Rule" before={disabled ? "on" : "off"} after={disabled ? "off" : "on"} />
          {disabled && <Line name="Alerts that resolve" value={String(count)} />}
        </>
      )}
      run={(draft) =>
        monitoring.updateAlertRule(
          { ruleId, spec: { ...spec!, disabled }, expectedVersion: version },
          draft.options,
        )
      }
      showResult={({ rule: after }) => (
        <Line name="State" value={after && <RuleHealthBadge of={after.health} />} />
      )}
      onClose={onClose}
    />
  );
}

import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import { useParams } from "wouter";
import type { AlertRule } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { PageHeader } from "../../design/page.tsx";
import { Loaded } from "../../design/states.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { RuleHealthBadge, SeverityBadge } from "./alert-badges.tsx";
import { alertTitle } from "./alert-words.ts";
import { Backtest } from "./backtest.tsx";
import { conditionText, settingsOf } from "./rule-words.ts";
import { SwitchRuleDialog } from "./switch-rule-dialog.tsx";

/** One rule: when it fires, how it stands, and what it would have done lately. */
export function Page() {
  const { ruleId = "" } = useParams<{ ruleId: string }>();
  const read = useQuery(MonitoringService.method.getAlertRule, { ruleId });
  const rule = read.data?.rule;
  return (
    <>
      <PageHeader
        title={rule?.spec ? alertTitle(rule.spec.alertName) : ruleId}
        back={{ href: "/alerts?tab=rules", label: "Rules" }}
        badges={
          rule?.spec && (
            <>
              <SeverityBadge of={rule.spec.severity} />
              <RuleHealthBadge of={rule.health} />
            </>
          )
        }
        about={rule?.spec?.annotations.summary}
        actions={rule && <Switch rule={rule} />}
      />
      <Loaded from={read}>
        {() =>
          rule?.spec && (
            <div className="stack">
              <div className="columns">
                <Card title="When it fires">
                  <div className="stack">
                    <p>{conditionText(rule.spec)}</p>
                    <Facts of={settingsOf(rule.spec)} />
                  </div>
                </Card>
                <Card title="How it stands">
                  <Facts
                    of={[
                      ["Firing now", String(rule.firingCount)],
                      ["Pending now", String(rule.pendingCount)],
                      ["Evaluated", <TimeAgo key="evaluated" at={rule.lastEvaluatedAt} />],
                      ["Last failure", rule.lastError],
                      ["Kind", rule.builtIn ? "built in" : "your own"],
                      ["Changed", rule.updatedBy && <TimeAgo key="changed" at={rule.updatedAt} />],
                      ["By", rule.updatedBy],
                      ["Id", <code key="id">{rule.ruleId}</code>],
                    ]}
                  />
                </Card>
              </div>
              <Backtest spec={rule.spec} ruleId={rule.ruleId} />
            </div>
          )
        }
      </Loaded>
    </>
  );
}

function Switch({ rule }: { rule: AlertRule }) {
  const [isOpen, setOpen] = useState(false);
  const may = usePermission();
  if (!may(MonitoringService.method.updateAlertRule)) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{rule.spec?.disabled ? "Switch on" : "Switch off"}</Button>
      {isOpen && <SwitchRuleDialog rule={rule} onClose={() => setOpen(false)} />}
    </>
  );
}

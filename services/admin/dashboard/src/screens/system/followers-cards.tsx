import { durationMs } from "@bufbuild/protobuf/wkt";
import { Link } from "wouter";
import type { EvaluationHealth, IntakeHealth } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { countText, formatNumber } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { durationText, TimeAgo } from "../../design/time.tsx";

/** How far the figures are behind the ledger. */
export function IntakeCard({ of }: { of: IntakeHealth }) {
  const { oldestEventAge } = of;
  return (
    <Card title="Figures from the ledger" hint="each event counted once">
      <Facts
        of={[
          [
            "Behind by",
            <Badge key="behind" tone={of.lagged ? "warning" : "good"}>
              {of.eventsBehind === 0n ? "nothing" : countText(of.eventsBehind, "events")}
            </Badge>,
          ],
          ["Oldest of them", oldestEventAge && durationText(durationMs(oldestEventAge))],
          ["Gaps refilled from the journal", formatNumber(of.gapsRefilled)],
          [
            "Being refilled now",
            of.refillsRunning > 0 ? countText(of.refillsRunning, "accounts") : undefined,
          ],
          [
            "Events trimmed before they were read",
            of.lagged ? "yes; they are read from the journal" : undefined,
          ],
        ]}
      />
    </Card>
  );
}

/** How far the alert rules are evaluated. */
export function EvaluationCard({ of }: { of: EvaluationHealth }) {
  const { lastDuration } = of;
  return (
    <Card title="Alert rules">
      <Facts
        of={[
          ["Evaluated", <TimeAgo key="last" at={of.lastSuccessAt} />],
          ["That took", lastDuration && durationText(durationMs(lastDuration))],
          [
            "Rules that fail",
            <Badge key="failed" tone={of.failedRuleCount === 0 ? "good" : "danger"}>
              {of.failedRuleCount === 0 ? "none" : formatNumber(of.failedRuleCount)}
            </Badge>,
          ],
          ["Notifications waiting", formatNumber(of.pendingDeliveries)],
          ["Evaluator", of.evaluator && <code key="evaluator">{of.evaluator}</code>],
        ]}
      />
      <p className="card-more">
        <Link href="/alerts">Alerts</Link>
      </p>
    </Card>
  );
}

import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import type { AlertRule } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { Card } from "../../design/card.tsx";
import { FilterBar, SearchFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { RuleHealthBadge, SeverityBadge } from "./alert-badges.tsx";
import { alertTitle } from "./alert-words.ts";

/** The rules by which alerts come about. */
export function RuleList() {
  const [parameters] = useSearchParams();
  const text = (parameters.get("q") ?? "").slice(0, 128);
  const found = useQuery(
    MonitoringService.method.listAlertRules,
    { text, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <FilterBar>
        <SearchFilter label="Search by id, name or summary" />
      </FilterBar>
      <Loaded from={found} lines={8}>
        {({ rules, nextPageToken }) => (
          <PagedTable
            label="Alert rules"
            columns={columns}
            rows={rules}
            keyOf={({ ruleId }) => ruleId}
            empty={<EmptyState title="No rule fits" icon="search" />}
            noun="rules"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const columns: ReadonlyArray<Column<AlertRule>> = [
  {
    id: "rule",
    title: "Rule",
    compare: (left, right) => left.ruleId.localeCompare(right.ruleId),
    cell: ({ ruleId, spec, builtIn, lastError }) => (
      <>
        <Link href={`/alerts/rules/${encodeURIComponent(ruleId)}`} className="table-link">
          {alertTitle(spec?.alertName ?? ruleId)}
        </Link>
        <div className="labels">{lastError || (builtIn ? "Built in" : "Your own")}</div>
      </>
    ),
  },
  {
    id: "health",
    title: "State",
    compare: (left, right) => left.health - right.health,
    cell: ({ health }) => <RuleHealthBadge of={health} />,
  },
  {
    id: "severity",
    title: "Severity",
    isMinor: true,
    compare: (left, right) => (left.spec?.severity ?? 0) - (right.spec?.severity ?? 0),
    cell: ({ spec }) => spec && <SeverityBadge of={spec.severity} />,
  },
  {
    id: "firing",
    title: "Firing",
    align: "right",
    compare: (left, right) => left.firingCount - right.firingCount,
    cell: ({ firingCount }) => firingCount,
  },
  {
    id: "pending",
    title: "Pending",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.pendingCount - right.pendingCount,
    cell: ({ pendingCount }) => pendingCount,
  },
  {
    id: "evaluated",
    title: "Evaluated",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.lastEvaluatedAt) ?? 0) - (msOf(right.lastEvaluatedAt) ?? 0),
    cell: ({ lastEvaluatedAt }) => <TimeAgo at={lastEvaluatedAt} />,
  },
];

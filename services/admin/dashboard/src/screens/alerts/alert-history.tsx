import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { AlertSeverity } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { RangePicker, useRange } from "../../design/range-picker.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { alertColumns } from "./alert-columns.tsx";

const every = [AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVED];

const severities: Readonly<Record<string, AlertSeverity>> = {
  info: AlertSeverity.INFO,
  warning: AlertSeverity.WARNING,
  critical: AlertSeverity.CRITICAL,
};

/** Alerts of the past, resolved ones too. */
export function AlertHistory() {
  const { range, seconds } = useRange("7d");
  // The begin stays while the range does, so that pages belong together.
  const startTime = useMemo(() => timestampFromMs(Date.now() - seconds * 1_000), [seconds]);
  const [severity] = useUrlState("severity");
  const found = useQuery(
    MonitoringService.method.listAlerts,
    {
      states: every,
      severity: severities[severity] ?? AlertSeverity.UNSPECIFIED,
      startTime,
      pageToken: usePageToken(),
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <FilterBar>
        <RangePicker byDefault="7d" />
        <SelectFilter
          name="severity"
          label="Severity"
          options={[
            ["", "Any"],
            ["critical", "Critical"],
            ["warning", "Warning"],
            ["info", "Info"],
          ]}
        />
      </FilterBar>
      <Loaded from={found}>
        {({ alerts, nextPageToken }) => (
          <PagedTable
            label={`Alerts of ${range}`}
            columns={alertColumns}
            rows={alerts}
            keyOf={({ alertId }) => alertId}
            empty={
              <EmptyState title="No alert in this time" icon="check">
                Resolved alerts are kept for 30 days.
              </EmptyState>
            }
            noun="alerts"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

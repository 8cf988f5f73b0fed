import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AlertHeartbeatSchema } from "#gen/billing/monitoring/v1/alert_rpc_pb.ts";
import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { defaultPageSize } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { acknowledgeAlert } from "../../domain/alerts/acknowledge.ts";
import type { AlertWatchEvent } from "../../domain/alerts/alert-watch.ts";
import { alertMessage, readSeverity, readStates, transitionMessage } from "./alert-messages.ts";
import type { AlertingParts } from "./alerting-parts.ts";
import { readMatchers } from "./matcher-messages.ts";

/** Alerts, and following them. */
export function alertHandlers(parts: AlertingParts) {
  const { reading, alertStore, alertWatch, pageTokens, dashboardUrl, now } = parts;
  return {
    async listAlerts(request) {
      const filter = {
        accountId: request.accountId,
        states: readStates(request.states),
        severity: readSeverity(request.severity),
        ruleId: request.ruleId,
        matchers: readMatchers(request.matchers),
        fingerprint: request.fingerprint,
        startMs: request.startTime && timestampMs(request.startTime),
        endMs: request.endTime && timestampMs(request.endTime),
        excludeMuted: request.excludeMuted,
      };
      const filters = ["alerts", filter];
      const below = pageTokens.decode(filters, request.pageToken) as number | undefined;
      const page = await reading.list(filter, request.pageSize || defaultPageSize, below);
      return {
        alerts: page.alerts.map((alert) => alertMessage(alert, dashboardUrl)),
        nextPageToken: page.below === undefined ? "" : pageTokens.encode(filters, page.below),
      };
    },
    async getAlert({ alertId }) {
      const alert = await reading.require(alertId);
      const history = await alertStore.readHistory(alertId);
      return { alert: alertMessage(alert, dashboardUrl), history: history.map(transitionMessage) };
    },
    async acknowledgeAlert({ alertId, note, withdraw }, { caller }) {
      const asked = { alertId, actor: caller.subject, note, withdraw, nowMs: now() };
      return { alert: alertMessage(await acknowledgeAlert(alertStore, reading, asked), dashboardUrl) };
    },
    async *watchAlerts({ accountId, matchers, afterSequence }, { signal }) {
      const request = { accountId, matchers: readMatchers(matchers), afterSequence: Number(afterSequence) };
      for await (const event of alertWatch.watch(request, signal)) yield watchMessage(event, dashboardUrl);
    },
  } satisfies ServiceHandlers<typeof MonitoringService>;
}

function watchMessage(event: AlertWatchEvent, dashboardUrl: string) {
  const sequence = BigInt(event.sequence);
  switch (event.kind) {
    case "snapshot": {
      const alerts = event.alerts.map((alert) => alertMessage(alert, dashboardUrl));
      return {
        sequence,
        event: { case: "snapshot", value: { alerts, truncated: event.truncated } },
      } as const;
    }
    case "changed":
      return {
        sequence,
        event: { case: "changed", value: alertMessage(event.alert, dashboardUrl) },
      } as const;
    case "heartbeat":
      return { sequence, event: { case: "heartbeat", value: create(AlertHeartbeatSchema) } } as const;
  }
}

import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { alertHandlers } from "./alert-handlers.ts";
import { alertRuleHandlers } from "./alert-rule-handlers.ts";
import type { AlertingParts } from "./alerting-parts.ts";
import { channelHandlers } from "./channel-handlers.ts";
import { deliveryHandlers } from "./delivery-handlers.ts";
import { mutingHandlers } from "./muting-handlers.ts";

/** The methods about alerts and their delivery. */
export function alertingHandlers(parts: AlertingParts) {
  return {
    ...alertRuleHandlers(parts),
    ...alertHandlers(parts),
    ...mutingHandlers(parts),
    ...channelHandlers(parts),
    ...deliveryHandlers(parts),
  } satisfies ServiceHandlers<typeof MonitoringService>;
}

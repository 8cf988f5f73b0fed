import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { defaultPageSize } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { AlertingParts } from "./alerting-parts.ts";
import { deliveryMessage, readDeliveryState } from "./delivery-messages.ts";

/** The log of notifications. */
export function deliveryHandlers({ deliveries, pageTokens }: AlertingParts) {
  return {
    async listDeliveries({ channelId, state, alertId, startTime, endTime, pageSize, pageToken }) {
      const startMs = startTime && timestampMs(startTime);
      const endMs = endTime && timestampMs(endTime);
      const filters = ["deliveries", channelId, state, alertId, startMs ?? "", endMs ?? ""];
      const below = pageTokens.decode(filters, pageToken) as string | undefined;
      const filter = { channelId, state: readDeliveryState[state], alertId, startMs, endMs };
      const page = await deliveries.list(filter, pageSize === 0 ? defaultPageSize : pageSize, below);
      return {
        deliveries: page.deliveries.map(deliveryMessage),
        nextPageToken: page.belowId === undefined ? "" : pageTokens.encode(filters, page.belowId),
      };
    },
    async redeliverNotification({ deliveryId, idempotencyKey }) {
      return { delivery: deliveryMessage(await deliveries.redeliver(deliveryId, idempotencyKey)) };
    },
  } satisfies ServiceHandlers<typeof MonitoringService>;
}

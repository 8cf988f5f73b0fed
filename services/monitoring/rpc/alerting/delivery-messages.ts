import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type DeliverySchema,
  NotificationKind,
  DeliveryState as StateNumber,
} from "#gen/billing/monitoring/v1/delivery_pb.ts";
import { latencyDuration } from "#platform/rpc/latency-duration.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { DeliveryRecord, DeliveryState } from "../../store/deliveries/delivery-record.ts";

const stateNumbers: Readonly<Record<DeliveryState, StateNumber>> = {
  pending: StateNumber.PENDING,
  delivered: StateNumber.DELIVERED,
  failed: StateNumber.FAILED,
  discarded: StateNumber.DISCARDED,
};

/** The state that a filter names; undefined for every one. */
export const readDeliveryState: Readonly<Record<StateNumber, DeliveryState | undefined>> = {
  [StateNumber.UNSPECIFIED]: undefined,
  [StateNumber.PENDING]: "pending",
  [StateNumber.DELIVERED]: "delivered",
  [StateNumber.FAILED]: "failed",
  [StateNumber.DISCARDED]: "discarded",
};

const kindNumbers = {
  firing: NotificationKind.FIRING,
  resolved: NotificationKind.RESOLVED,
  test: NotificationKind.TEST,
} as const;

/** A delivery as the contract has it. */
export function deliveryMessage(delivery: DeliveryRecord): MessageInitShape<typeof DeliverySchema> {
  return {
    deliveryId: delivery.deliveryId,
    channelId: delivery.channelId,
    state: stateNumbers[delivery.state],
    kind: kindNumbers[delivery.kind],
    groupKey: delivery.groupKey,
    alertIds: [...delivery.alertIds],
    alertCount: delivery.alertCount,
    createdAt: timestampFromMs(delivery.createdAtMs),
    ...optional("deliveredAt", delivery.deliveredAtMs, timestampFromMs),
    ...optional("nextAttemptAt", delivery.nextAttemptAtMs, timestampFromMs),
    attemptCount: delivery.attemptCount,
    attempts: delivery.attempts.map(({ atMs, durationMs, httpStatus, error }) => ({
      at: timestampFromMs(atMs),
      duration: latencyDuration(durationMs),
      httpStatus,
      error,
    })),
    redeliveryOf: delivery.redeliveryOf,
  };
}

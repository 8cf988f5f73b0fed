import { type Static, Type } from "typebox";
import { timeMs } from "../alerting/authorship.ts";

const attemptRecord = Type.Object({
  atMs: timeMs,
  durationMs: Type.Number(),
  /** 0 without an answer. */
  httpStatus: Type.Integer(),
  /** Empty if it succeeded. */
  error: Type.String(),
});
export type AttemptRecord = Static<typeof attemptRecord>;

export const deliveryRecord = Type.Object({
  deliveryId: Type.String(),
  channelId: Type.String(),
  state: Type.Union([
    Type.Literal("pending"),
    Type.Literal("delivered"),
    Type.Literal("failed"),
    Type.Literal("discarded"),
  ]),
  kind: Type.Union([Type.Literal("firing"), Type.Literal("resolved"), Type.Literal("test")]),
  groupKey: Type.String(),
  /** At most 100. */
  alertIds: Type.Array(Type.String()),
  alertCount: Type.Integer(),
  createdAtMs: timeMs,
  deliveredAtMs: Type.Optional(timeMs),
  nextAttemptAtMs: Type.Optional(timeMs),
  attemptCount: Type.Integer(),
  /** The last ones, oldest first, at most 20. */
  attempts: Type.Array(attemptRecord),
  /** Empty for a first delivery. */
  redeliveryOf: Type.String(),
});
/** One notification on its way to a channel. */
export type DeliveryRecord = Static<typeof deliveryRecord>;
export type DeliveryState = DeliveryRecord["state"];

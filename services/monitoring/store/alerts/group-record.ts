import { type Static, Type } from "typebox";

/** What a channel was told last about a group of alerts. */
export const groupRecord = Type.Object({
  channelId: Type.String(),
  groupKey: Type.String(),
  groupLabels: Type.Record(Type.String(), Type.String()),
  /** When it was told, epoch milliseconds. */
  notifiedAtMs: Type.Number(),
  /** Alerts that it was told fire. */
  firing: Type.Array(Type.String()),
  /** The delivery that told it. */
  deliveryId: Type.String(),
});
export type GroupRecord = Static<typeof groupRecord>;

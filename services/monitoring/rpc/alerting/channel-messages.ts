import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Duration, durationFromMs, durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ChannelSchema,
  type ChannelSpecSchema,
  LogTargetSchema,
  type ChannelSpec as SpecMessage,
} from "#gen/billing/monitoring/v1/channel_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import { withoutSecrets } from "../../domain/channels/channel-seal.ts";
import type { Channel, ChannelSpec } from "../../domain/channels/channels.ts";
import type { ChannelTarget, StoredTarget } from "../../store/alerting/channel-record.ts";
import type { ChannelStatus } from "../../store/deliveries/delivery-store.ts";
import { matcherMessages, readMatchers } from "./matcher-messages.ts";

/** What an operator states, as the domain has it. */
export function readChannelSpec(spec: SpecMessage): ChannelSpec {
  return {
    target: readTarget(spec.target),
    matchers: readMatchers(spec.matchers),
    groupBy: spec.groupBy,
    ...optional("groupWaitMs", spec.groupWait, durationMs),
    ...optional("groupIntervalMs", spec.groupInterval, durationMs),
    ...optional("repeatIntervalMs", spec.repeatInterval, durationMs),
    skipResolved: spec.skipResolved,
    maxAlerts: spec.maxAlerts,
    disabled: spec.disabled,
    description: spec.description,
  };
}

function readTarget(target: SpecMessage["target"]): ChannelTarget {
  switch (target.case) {
    case "webhook":
      return { kind: "webhook", url: target.value.url, signingSecret: target.value.signingSecret };
    case "slack":
      return { kind: "slack", url: target.value.url, room: target.value.room };
    case "log":
      return { kind: "log" };
    case undefined:
      throw new Error("the contract asks for a target");
  }
}

/** A channel as it may be shown. */
export function channelMessage(
  { id, version, writtenAtMs, value }: Channel,
  status: ChannelStatus,
  pendingCount: number,
): MessageInitShape<typeof ChannelSchema> {
  const duration = (ms: number): Duration => durationFromMs(ms);
  return {
    channelId: id,
    spec: {
      target: shownTarget(value.target),
      matchers: matcherMessages(value.matchers),
      groupBy: [...value.groupBy],
      ...optional("groupWait", value.groupWaitMs, duration),
      ...optional("groupInterval", value.groupIntervalMs, duration),
      ...optional("repeatInterval", value.repeatIntervalMs, duration),
      skipResolved: value.skipResolved,
      maxAlerts: value.maxAlerts,
      disabled: value.disabled,
      description: value.description,
    },
    version: BigInt(version),
    createdAt: timestampFromMs(value.createdAtMs),
    updatedAt: timestampFromMs(writtenAtMs),
    updatedBy: value.changedBy,
    signingSecretSet: isSigned(value.target),
    ...optional("lastDeliveredAt", status.lastDeliveredAtMs, timestampFromMs),
    lastError: status.lastError,
    pendingCount,
  };
}

type TargetInit = NonNullable<MessageInitShape<typeof ChannelSpecSchema>["target"]>;

function isSigned(target: StoredTarget): boolean {
  return target.kind === "sealed"
    ? target.isSigned
    : target.kind === "webhook" && target.signingSecret !== "";
}

function shownTarget(stored: StoredTarget): TargetInit {
  const target = stored.kind === "sealed" ? stored.shown : withoutSecrets(stored);
  switch (target.kind) {
    case "webhook":
      return { case: "webhook", value: { url: target.url } };
    case "slack":
      return { case: "slack", value: { url: target.url, room: target.room } };
    case "log":
      return { case: "log", value: create(LogTargetSchema) };
  }
}

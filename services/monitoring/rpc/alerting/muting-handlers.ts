import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { SilenceState as StateNumber } from "#gen/billing/monitoring/v1/silence_pb.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { compileMatchers } from "../../domain/label-matcher.ts";
import type { Inhibition } from "../../domain/muting/inhibitions.ts";
import { orderOf, type SilenceState, silenceState } from "../../domain/muting/silences.ts";
import type { SilenceRecord } from "../../store/alerting/muting-records.ts";
import { alertMessage } from "./alert-messages.ts";
import type { AlertingParts } from "./alerting-parts.ts";
import { matcherMessages, readMatchers } from "./matcher-messages.ts";

const stateNumbers: Readonly<Record<SilenceState, StateNumber>> = {
  scheduled: StateNumber.SCHEDULED,
  active: StateNumber.ACTIVE,
  expired: StateNumber.EXPIRED,
};

const alertsShown = 100;

/** What mutes alerts. */
export function mutingHandlers({
  silences,
  inhibitions,
  reading,
  pageTokens,
  dashboardUrl,
  now,
}: AlertingParts) {
  const silenceMessage = (silenceId: string, record: SilenceRecord, mutedCount: number) => ({
    silenceId,
    matchers: matcherMessages(record.matchers),
    startTime: timestampFromMs(record.startMs),
    endTime: timestampFromMs(record.endMs),
    comment: record.comment,
    state: stateNumbers[silenceState(record, now())],
    createdBy: record.createdBy,
    createdAt: timestampFromMs(record.createdAtMs),
    mutedCount,
  });
  const mutedNow = async (record: SilenceRecord) =>
    silenceState(record, now()) === "active" ? reading.active(record.matchers) : [];
  return {
    async createSilence(request, { caller }) {
      const asked = {
        idempotencyKey: request.idempotencyKey,
        matchers: readMatchers(request.matchers),
        startMs: request.startTime && timestampMs(request.startTime),
        endMs: timestampMs(request.endTime!),
        comment: request.comment,
        actor: caller.subject,
      };
      const silence = request.previewOnly
        ? { id: "", value: silences.preview(asked) }
        : await silences.create(asked);
      const muted = await mutedNow(silence.value);
      return {
        silence: silenceMessage(silence.id, silence.value, muted.length),
        mutedAlerts: muted.slice(0, alertsShown).map((alert) => alertMessage(alert, dashboardUrl)),
      };
    },
    async listSilences(request) {
      const { state } = request;
      const listed = silences
        .all()
        .filter(
          ({ value }) =>
            state === StateNumber.UNSPECIFIED || stateNumbers[silenceState(value, now())] === state,
        );
      const page = pageOf(pageTokens, listed, orderOf, request, ["silences", state]);
      const active = await reading.active();
      return {
        silences: page.items.map(({ id, value }) => {
          const matches = compileMatchers(value.matchers);
          const muted =
            silenceState(value, now()) === "active"
              ? active.filter(({ record }) => matches(record.labels)).length
              : 0;
          return silenceMessage(id, value, muted);
        }),
        nextPageToken: page.nextPageToken,
      };
    },
    async expireSilence({ silenceId }) {
      const { id, value } = await silences.expire(silenceId);
      return { silence: silenceMessage(id, value, 0) };
    },
    async createInhibition(request, { caller }) {
      const { inhibitionId, equalLabels, description } = request;
      const spec = {
        sourceMatchers: readMatchers(request.sourceMatchers),
        targetMatchers: readMatchers(request.targetMatchers),
        equalLabels,
        description,
        builtIn: false,
      };
      const created = await inhibitions.create({ id: inhibitionId, spec, actor: caller.subject });
      return { inhibition: inhibitionMessage(created) };
    },
    async listInhibitions(request) {
      const page = pageOf(pageTokens, inhibitions.all(), ({ id }) => id, request, ["inhibitions"]);
      return { inhibitions: page.items.map(inhibitionMessage), nextPageToken: page.nextPageToken };
    },
    async deleteInhibition({ inhibitionId }) {
      return { deleted: await inhibitions.delete(inhibitionId) };
    },
  } satisfies ServiceHandlers<typeof MonitoringService>;
}

function inhibitionMessage({ id, value }: Inhibition) {
  return {
    inhibitionId: id,
    sourceMatchers: matcherMessages(value.sourceMatchers),
    targetMatchers: matcherMessages(value.targetMatchers),
    equalLabels: [...value.equalLabels],
    description: value.description,
    createdBy: value.createdBy,
    createdAt: timestampFromMs(value.createdAtMs),
    builtIn: value.builtIn,
  };
}

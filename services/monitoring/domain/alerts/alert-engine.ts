import { hostname } from "node:os";
import { type Clock, pause } from "#platform/clock/clock.ts";
import type { Lease } from "#platform/lease/lease.ts";
import { type Campaign, runWhileLeading } from "#platform/lease/run-while-leading.ts";
import type { RuleStatusRecord } from "../../store/alerts/alert-record.ts";
import type { AlertStore } from "../../store/alerts/alert-store.ts";
import type { GroupStore } from "../../store/alerts/group-store.ts";
import type { AlertRules } from "../alert-rules/alert-rules.ts";
import type { LiveDocuments } from "../alerting/live-documents.ts";
import type { Channels } from "../channels/channels.ts";
import type { Inhibitions } from "../muting/inhibitions.ts";
import { createMuting } from "../muting/muting.ts";
import type { Silences } from "../muting/silences.ts";
import { Notifier } from "../notifying/notifier.ts";
import { AlertBoard } from "./alert-board.ts";
import { type CrossingSource, takeCrossing } from "./crossing-intake.ts";
import type { FigureReader } from "./figure-reader.ts";
import { RuleEvaluator } from "./rule-evaluator.ts";

/** What the engine works with. */
export interface AlertEngineOptions {
  readonly live: LiveDocuments;
  readonly rules: AlertRules;
  readonly silences: Silences;
  readonly inhibitions: Inhibitions;
  readonly channels: Channels;
  readonly store: AlertStore;
  readonly groups: GroupStore;
  readonly figures: FigureReader;
  readonly crossings: CrossingSource;
  /** Address of the dashboard; empty if none is configured. */
  readonly externalUrl: string;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  /** After how long another instance takes over from one that died, in milliseconds. Default 10,000. */
  readonly leaseTtlMs?: number;
}

/** Longest pause between two rounds: crossings of accounts are looked for as often. */
const roundMs = 1_000;
const droppedAtOnce = 200;
const instanceName = `${hostname()}/${process.pid}`;

/**
 * Evaluates rules, takes crossings over, and tells channels, in one instance at a time. Everything that must outlive
 * it stands in Redis, written under the lease: whoever takes over knows since when a condition holds and what was
 * told. What cannot be written ends the round, and the next one begins from what Redis has.
 */
export function startAlertEngine(options: AlertEngineOptions): Campaign {
  const { store, clock, onError, leaseTtlMs } = options;
  const lease = {
    redis: store.redis,
    key: store.leaseKey,
    clock,
    onError,
    ...(leaseTtlMs === undefined ? {} : { ttlMs: leaseTtlMs }),
  };
  return runWhileLeading(lease, (held, signal) => lead(options, held, signal));
}

async function lead(options: AlertEngineOptions, lease: Lease, signal: AbortSignal): Promise<void> {
  const { live, clock } = options;
  const round = await prepareRounds(options);
  let wake = () => {};
  let isChanged = true;
  const stopListening = live.onChange(() => {
    isChanged = true;
    wake();
  });
  try {
    while (!signal.aborted) {
      const changed = isChanged;
      isChanged = false;
      const woken = Promise.withResolvers<void>();
      wake = woken.resolve;
      const nextMs = await round(lease, changed);
      const waitMs = Math.max(0, Math.min(roundMs, nextMs - clock.nowMs()));
      if (!isChanged) await pauseUntil(woken.promise, clock, waitMs, signal);
    }
  } finally {
    stopListening();
  }
}

async function pauseUntil(woken: Promise<void>, clock: Clock, waitMs: number, signal: AbortSignal) {
  const ended = new AbortController();
  await Promise.race([woken, pause(clock, waitMs, AbortSignal.any([signal, ended.signal]))]);
  ended.abort();
}

/** Reads what the evaluator before left, and gives what makes one round and says when the next is due. */
async function prepareRounds(options: AlertEngineOptions) {
  const { rules, store, clock } = options;
  const active = await store.readActive();
  const board = new AlertBoard(active.map(({ record }) => record));
  const statuses = await readStatuses(store);
  const evaluator = new RuleEvaluator({
    rules,
    board,
    statuses,
    figures: options.figures,
    onError: options.onError,
  });
  const notifier = new Notifier({
    channels: options.channels,
    board,
    alerts: store,
    groups: options.groups,
    known: await options.groups.readAll(),
    externalUrl: options.externalUrl,
  });
  let mutingDueMs = 0;
  let lastSuccessAtMs = (await store.readRound())?.lastSuccessAtMs;

  return async (lease: Lease, areDocumentsChanged: boolean): Promise<number> => {
    const nowMs = clock.nowMs();
    const beganMs = clock.monotonicMs();
    const changedStatuses = await evaluator.run(nowMs);
    const crossings = await options.crossings.read();
    for (const { crossing } of crossings) {
      const isKnown = async (alertId: string) => (await store.get(alertId)) !== undefined;
      await takeCrossing({ rules, board, isKnown }, crossing, nowMs);
    }
    if (board.hasChanges || areDocumentsChanged || nowMs >= mutingDueMs) {
      muteAlerts(options, board, nowMs);
      mutingDueMs = options.silences.nextChangeMs(nowMs) ?? Number.POSITIVE_INFINITY;
    }
    const writes = board.drain();
    if (writes.length > 0 || changedStatuses.size > 0) await store.write(lease, writes, changedStatuses);
    // Only what is written may be taken away.
    await options.crossings.remove(crossings);
    const toldDueMs = await notifier.run(lease, nowMs);
    await store.dropEnded(lease, nowMs, droppedAtOnce);
    if (changedStatuses.size > 0) {
      const failedRuleCount = evaluator.failedCount();
      if (failedRuleCount === 0) lastSuccessAtMs = nowMs;
      await store.noteRound({
        ...(lastSuccessAtMs === undefined ? {} : { lastSuccessAtMs }),
        lastDurationMs: clock.monotonicMs() - beganMs,
        failedRuleCount,
        evaluator: instanceName,
      });
    }
    return Math.min(evaluator.nextDueMs(), toldDueMs, mutingDueMs);
  };
}

/** Notes in each alert what mutes it now. */
function muteAlerts({ silences, inhibitions }: AlertEngineOptions, board: AlertBoard, nowMs: number): void {
  const mutedBy = createMuting(silences.activeAt(nowMs), inhibitions.all(), board.firing());
  for (const alert of board.all()) {
    const muted = mutedBy(alert);
    const isSame =
      muted.silenceIds.join() === alert.silenceIds.join() &&
      muted.inhibitedBy.join() === alert.inhibitedBy.join();
    if (isSame) continue;
    const record = { ...alert, ...muted, updatedAtMs: nowMs };
    const isMuted = muted.silenceIds.length + muted.inhibitedBy.length > 0;
    const wasMuted = alert.silenceIds.length + alert.inhibitedBy.length > 0;
    const transition = {
      atMs: nowMs,
      from: alert.state,
      to: alert.state,
      value: alert.value,
      description: isMuted ? "muted" : "not muted any more",
      actor: "",
    };
    board.take([{ record, transition: isMuted === wasMuted ? undefined : transition }]);
  }
}

async function readStatuses(store: AlertStore): Promise<Map<string, RuleStatusRecord>> {
  const ids = await store.readStatusIds();
  const statuses = await store.readStatuses(ids);
  return new Map(ids.flatMap((id, index) => (statuses[index] === undefined ? [] : [[id, statuses[index]]])));
}

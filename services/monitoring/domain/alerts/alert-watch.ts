import { type Clock, pause } from "#platform/clock/clock.ts";
import { type FeedReader, followFeed } from "#platform/feed/follow-feed.ts";
import type { AlertStore, StoredAlert } from "../../store/alerts/alert-store.ts";
import { compileMatchers, type LabelMatcher } from "../label-matcher.ts";
import type { AlertReading } from "./alert-reading.ts";

/** What a watcher is told; `sequence` is the number of the last change that it takes into account. */
export type AlertWatchEvent =
  | {
      readonly kind: "snapshot";
      readonly sequence: number;
      readonly alerts: readonly StoredAlert[];
      readonly truncated: boolean;
    }
  | { readonly kind: "changed"; readonly sequence: number; readonly alert: StoredAlert }
  | { readonly kind: "heartbeat"; readonly sequence: number };

/** Whom to tell of what. */
export interface AlertWatchRequest {
  /** Empty: of all accounts, and of the system. */
  readonly accountId: string;
  readonly matchers: readonly LabelMatcher[];
  /** 0: from a snapshot. */
  readonly afterSequence: number;
}

const snapshotAlerts = 1_000;
const heartbeatMs = 15_000;

/**
 * Lets watchers follow alerts. One connection hears of changes for all of them; each then reads what changed since it
 * was told last, so that a slow one gets an alert's newest state and not every one between, and nothing waits for it.
 */
export class AlertWatch {
  readonly #store: AlertStore;
  readonly #reading: AlertReading;
  readonly #clock: Clock;
  readonly #feed: FeedReader;
  #changed = Promise.withResolvers<void>();

  constructor(store: AlertStore, reading: AlertReading, clock: Clock, onError: (error: unknown) => void) {
    this.#store = store;
    this.#reading = reading;
    this.#clock = clock;
    const tell = async () => {
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    this.#feed = followFeed({ redis: store.redis, key: store.feedKey, reload: tell, apply: tell, onError });
  }

  stop(): Promise<void> {
    return this.#feed.stop();
  }

  /** Follows alerts until the signal. @throws MATCHER_INVALID. */
  async *watch(request: AlertWatchRequest, signal: AbortSignal): AsyncGenerator<AlertWatchEvent> {
    const matches = compileMatchers(request.matchers);
    const { sequence, purged } = await this.#store.readPosition();
    let position = request.afterSequence;
    const canGoOn = position !== 0 && position <= sequence && position >= purged;
    if (!canGoOn) {
      yield await this.#snapshot(request, sequence);
      position = sequence;
    }
    let spokenAtMs = this.#clock.monotonicMs();
    while (!signal.aborted) {
      // Before the look, so that a change meanwhile is not missed.
      const { promise } = this.#changed;
      const changed = await this.#reading.changedAfter(request.accountId, position);
      for (const alert of changed) {
        position = alert.sequence;
        if (!matches(alert.record.labels)) continue;
        yield { kind: "changed", sequence: position, alert };
        spokenAtMs = this.#clock.monotonicMs();
      }
      if (changed.length > 0) continue;
      const leftMs = spokenAtMs + heartbeatMs - this.#clock.monotonicMs();
      if (leftMs <= 0) {
        yield { kind: "heartbeat", sequence: position };
        spokenAtMs = this.#clock.monotonicMs();
      } else await this.#wait(promise, leftMs, signal);
    }
  }

  async #snapshot({ accountId, matchers }: AlertWatchRequest, sequence: number): Promise<AlertWatchEvent> {
    const all = await this.#reading.active(matchers);
    const alerts = all.filter(({ record }) => accountId === "" || record.accountId === accountId);
    const truncated = alerts.length > snapshotAlerts;
    return { kind: "snapshot", sequence, alerts: alerts.slice(0, snapshotAlerts), truncated };
  }

  async #wait(change: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    await Promise.race([change, pause(this.#clock, ms, AbortSignal.any([signal, ended.signal]))]);
    ended.abort();
  }
}

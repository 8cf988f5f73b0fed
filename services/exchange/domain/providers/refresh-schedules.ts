import type { Campaign } from "#platform/lease/run-while-leading.ts";
import { startLedSchedule } from "#platform/schedule/led-schedule.ts";
import { every } from "#platform/schedule/timetable.ts";
import type { ExchangeStore } from "../../store/exchange-store.ts";
import { scheduleLeaseKey } from "../../store/provider-status-store.ts";
import type { ProviderStatusRecord } from "../../store/records.ts";
import type { LiveExchange } from "../live-exchange.ts";
import type { RateProvider } from "./provider-directory.ts";
import type { RateRefresher } from "./rate-refresher.ts";

/** What the schedules need. */
export interface RefreshScheduleParts {
  readonly store: ExchangeStore;
  readonly live: LiveExchange;
  readonly refresher: RateRefresher;
  readonly onError: (providerId: string, error: unknown) => void;
}

const retryFirstMs = 30_000;
const retryMaxMs = 60 * 60 * 1_000;
const mostJitterMs = 60_000;
/** For screening and storing, beyond the time for fetching. */
const storingMs = 60_000;

/** Refreshes each enabled provider at its interval, in one of all instances. */
export class RefreshSchedules {
  readonly #parts: RefreshScheduleParts;
  readonly #running = new Map<string, { readonly terms: string; readonly campaign: Campaign }>();
  readonly #stopping = new Set<Promise<void>>();
  #unsubscribe: (() => void) | undefined;

  constructor(parts: RefreshScheduleParts) {
    this.#parts = parts;
  }

  /** Starts the schedules, and keeps to the settings as they change. */
  start(): void {
    this.#unsubscribe = this.#parts.live.onChange(() => this.#adjust());
    this.#adjust();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    for (const providerId of this.#running.keys()) this.#end(providerId);
    await Promise.all(this.#stopping);
  }

  #adjust(): void {
    for (const provider of this.#parts.live.state.providers.inOrder()) {
      const { providerId, enabled, refreshIntervalMs, fetchTimeoutMs } = provider;
      const terms = JSON.stringify([refreshIntervalMs, fetchTimeoutMs]);
      const running = this.#running.get(providerId);
      if (running !== undefined && (!enabled || running.terms !== terms)) this.#end(providerId);
      if (enabled && !this.#running.has(providerId))
        this.#running.set(providerId, { terms, campaign: this.#begin(provider) });
    }
  }

  #begin({ providerId, refreshIntervalMs, fetchTimeoutMs }: RateProvider): Campaign {
    const { store, refresher, onError } = this.#parts;
    return startLedSchedule({
      lease: { redis: store.redis, key: scheduleLeaseKey(providerId) },
      timetable: every(refreshIntervalMs),
      jitterMs: jitterMs(refreshIntervalMs),
      maxRunMs: fetchTimeoutMs + storingMs,
      retry: retryOf(refreshIntervalMs),
      run: async (signal) => {
        const { error } = await refresher.refresh(providerId, { ignoreValidators: false, signal });
        // That somebody else does it, or that it was just switched off, needs no other try.
        const isFailure = error?.reason.startsWith("PROVIDER_") && error.reason !== "PROVIDER_DISABLED";
        if (isFailure) throw error;
      },
      onError: (error) => onError(providerId, error),
    });
  }

  #end(providerId: string): void {
    const running = this.#running.get(providerId);
    this.#running.delete(providerId);
    const stopped = running?.campaign.stop() ?? Promise.resolve();
    this.#stopping.add(stopped);
    void stopped.finally(() => this.#stopping.delete(stopped));
  }
}

/** When the next refresh of a provider is due at the latest, epoch milliseconds; undefined if none is. */
export function nextRefreshMs(provider: RateProvider, status: ProviderStatusRecord): number | undefined {
  if (!provider.enabled || status.lastAttemptAtMs === undefined) return undefined;
  const { refreshIntervalMs } = provider;
  if (status.consecutiveFailures === 0)
    return every(refreshIntervalMs)(status.lastAttemptAtMs) + jitterMs(refreshIntervalMs);
  const { firstMs, maxMs } = retryOf(refreshIntervalMs);
  return (
    status.lastAttemptAtMs + Math.min(maxMs, firstMs * 2 ** Math.min(status.consecutiveFailures - 1, 30))
  );
}

function jitterMs(intervalMs: number): number {
  return Math.min(mostJitterMs, Math.floor(intervalMs / 10));
}

function retryOf(intervalMs: number) {
  return { firstMs: Math.min(retryFirstMs, intervalMs), maxMs: Math.min(retryMaxMs, intervalMs) };
}

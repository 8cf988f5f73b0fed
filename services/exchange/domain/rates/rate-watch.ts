import { type Clock, pause } from "#platform/clock/clock.ts";
import { ExchangeError } from "../exchange-error.ts";
import type { LiveExchange } from "../live-exchange.ts";
import type { RateInForce } from "./rate-in-force.ts";

/** Two currencies and a direction. */
export interface WatchedPair {
  readonly fromCurrency: string;
  readonly toCurrency: string;
}

/** What a watcher is told. */
export type RateWatchEvent =
  | { readonly kind: "rate"; readonly pair: WatchedPair; readonly found: RateInForce | ExchangeError }
  /** Nothing changed until this time, epoch milliseconds. */
  | { readonly kind: "heartbeat"; readonly atMs: number };

/** What watching needs. */
export interface RateWatchParts {
  readonly live: LiveExchange;
  /** For waiting; the time of rates is {@link RateWatchParts.now}. */
  readonly clock: Clock;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Longest silence. */
  readonly heartbeatMs: number;
}

/**
 * The rate of each pair, then every change until the signal: what was published, set, or cleared, and a rate
 * that ends or becomes too old. A watcher that reads slowly gets the newest state, not every one between.
 */
export async function* watchRates(
  { live, clock, now, heartbeatMs }: RateWatchParts,
  pairs: readonly WatchedPair[],
  signal: AbortSignal,
): AsyncGenerator<RateWatchEvent> {
  const shown = new Map<WatchedPair, string>();
  let changed = Promise.withResolvers<void>();
  const unsubscribe = live.onChange(() => changed.resolve());
  try {
    let spokenAtMs = clock.monotonicMs();
    while (!signal.aborted) {
      // Before the look, so that a change meanwhile is not missed.
      changed = Promise.withResolvers<void>();
      const atMs = now();
      const rates = live.state.book.at(atMs);
      const found = pairs.map((pair) => ({ pair, found: rates.look(pair.fromCurrency, pair.toCurrency) }));
      const news = found.filter((each) => shown.get(each.pair) !== faceOf(each.found));
      for (const each of news) {
        shown.set(each.pair, faceOf(each.found));
        yield { kind: "rate", ...each };
      }
      const isSilent = clock.monotonicMs() - spokenAtMs >= heartbeatMs;
      if (isSilent && news.length === 0) yield { kind: "heartbeat", atMs };
      if (isSilent || news.length > 0) spokenAtMs = clock.monotonicMs();
      const silenceLeftMs = spokenAtMs + heartbeatMs - clock.monotonicMs();
      const nextMs = Math.min(
        silenceLeftMs,
        nextChangeMs(
          live,
          found.map((each) => each.found),
          atMs,
        ) - now(),
      );
      await waitFor(changed.promise, nextMs, clock, signal);
    }
  } finally {
    unsubscribe();
  }
}

/** When one of the rates ends, or a manual one or a cost basis begins or ends, without anything being written. */
function nextChangeMs(
  live: LiveExchange,
  found: ReadonlyArray<RateInForce | ExchangeError>,
  atMs: number,
): number {
  const ends = found.map((each) => (each instanceof ExchangeError ? undefined : each.usableUntilMs));
  const times = [live.state.book.nextFixedChangeMs(atMs), ...ends];
  return Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
}

/** Resolves at a change, after so many milliseconds, or when the signal is aborted. */
async function waitFor(change: Promise<void>, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const ending = new AbortController();
  const timer = pause(clock, Math.max(0, ms), AbortSignal.any([signal, ending.signal]));
  await Promise.race([change, timer]);
  ending.abort();
}

/** What tells a rate from another: everything but its age. */
function faceOf(found: RateInForce | ExchangeError): string {
  if (found instanceof ExchangeError) return JSON.stringify([found.reason, found.metadata]);
  const { steps, usableUntilMs } = found;
  return JSON.stringify([
    usableUntilMs,
    steps.map(({ providerId, publishedAtMs, publishedRate, inverted, override }) => [
      providerId,
      publishedAtMs,
      publishedRate,
      inverted,
      override?.configVersion,
    ]),
  ]);
}

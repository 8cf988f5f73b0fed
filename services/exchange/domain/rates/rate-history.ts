import { ExchangeError } from "../exchange-error.ts";
import type { RateBook, SourceFilter } from "./rate-book.ts";
import type { RateInForce } from "./rate-in-force.ts";

/** A rate as it was, and since when. */
export interface RateChange {
  readonly rate: RateInForce;
  /** First moment at which it was in force, epoch milliseconds. */
  readonly effectiveFromMs: number;
}

/** Which changes; times in epoch milliseconds. */
export interface HistoryQuery {
  readonly fromCurrency: string;
  readonly toCurrency: string;
  /** Beginning, inclusive. */
  readonly fromMs: number;
  /** End, exclusive. */
  readonly toMs: number;
  /** Most changes. */
  readonly limit: number;
  /** Undefined means those that were in force. */
  readonly providerId: string | undefined;
}

/** Part of a pair's history, newest first. */
export interface HistoryPage {
  readonly changes: readonly RateChange[];
  /** `toMs` of the next page; undefined if this was the last. */
  readonly nextToMs: number | undefined;
}

/** Most moments that one page looks at: rates of several ways change more often than the best of them. */
const mostMoments = 20_000;

/** The rates of a pair over time: one for each moment at which the rate in force became another. */
export function rateHistory(book: RateBook, query: HistoryQuery): HistoryPage {
  const { providerId, fromMs, limit } = query;
  const changes: RateChange[] = [];
  let atMs = query.toMs - 1;
  for (let moments = 0; atMs >= fromMs; moments++) {
    if (changes.length > limit || moments === mostMoments) return pageOf(changes, limit, atMs + 1);
    const found = book.at(atMs, providerId).look(query.fromCurrency, query.toCurrency);
    const sinceMs = beganMs(book, query, found, atMs);
    if (sinceMs === undefined) return { changes, nextToMs: undefined };
    if (!(found instanceof ExchangeError) && sinceMs >= fromMs) {
      const later = changes.at(-1);
      if (later !== undefined && later.effectiveFromMs === atMs + 1 && isSameWay(later.rate, found))
        changes.pop();
      changes.push({ rate: found, effectiveFromMs: sinceMs });
    }
    atMs = sinceMs - 1;
  }
  return pageOf(changes, limit, undefined);
}

/** One more than the limit was looked for, so that the last one shown is known to begin where it says. */
function pageOf(changes: readonly RateChange[], limit: number, nextToMs: number | undefined): HistoryPage {
  if (changes.length <= limit) return { changes, nextToMs };
  const shown = changes.slice(0, limit);
  return { changes: shown, nextToMs: shown.at(-1)!.effectiveFromMs };
}

/** When what was found at a moment began to be so, as far as its steps tell; undefined: always. */
function beganMs(
  book: RateBook,
  query: HistoryQuery,
  found: RateInForce | ExchangeError,
  atMs: number,
): number | undefined {
  const { fromCurrency, toCurrency, providerId } = query;
  const accepts: SourceFilter = (id) => providerId === undefined || id === providerId;
  const lapse = (from: string, to: string) => book.lastLapseMs(from, to, atMs, accepts) ?? [];
  const times: number[] = [lapse(fromCurrency, toCurrency)].flat();
  if (found instanceof ExchangeError) {
    for (const end of [fromCurrency, toCurrency])
      times.push(...book.neighboursOf(end).flatMap((neighbour) => lapse(end, neighbour)));
  } else {
    for (const { baseCurrency, quoteCurrency, publishedAtMs } of found.steps)
      times.push(publishedAtMs, ...[lapse(baseCurrency, quoteCurrency)].flat());
  }
  return times.length === 0 ? undefined : Math.max(...times);
}

function isSameWay(left: RateInForce, right: RateInForce): boolean {
  return (
    left.steps.length === right.steps.length &&
    left.steps.every((step, index) => {
      const other = right.steps[index]!;
      return (
        step.publishedRate === other.publishedRate &&
        step.publishedAtMs === other.publishedAtMs &&
        step.providerId === other.providerId &&
        step.inverted === other.inverted
      );
    })
  );
}

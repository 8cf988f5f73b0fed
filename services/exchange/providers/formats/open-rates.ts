import { Type } from "typebox";
import type { Publication } from "../../domain/rates/rate-book.ts";
import { FeedError } from "./feed-error.ts";
import { secondsToMs } from "./feed-time.ts";
import { jsonReader } from "./json-feed.ts";

const rates = Type.Record(Type.String(), Type.String(), { minProperties: 1 });
const readOpenExchangeRates = jsonReader(
  Type.Object({ timestamp: Type.String(), base: Type.String(), rates }),
);
const readOpenErApi = jsonReader(
  Type.Object({
    result: Type.String(),
    time_last_update_unix: Type.String(),
    base_code: Type.String(),
    rates,
  }),
);

/** Reads JSON shaped as openexchangerates.org's latest.json, `{timestamp, base, rates}`. @throws FeedError */
export function parseOpenExchangeRates(text: string): readonly Publication[] {
  const { timestamp, base, rates } = readOpenExchangeRates(text);
  return [publicationOf(base, timestamp, rates)];
}

/** Reads open.er-api.com, `{result, time_last_update_unix, base_code, rates}`. @throws FeedError */
export function parseOpenErApi(text: string): readonly Publication[] {
  const { result, base_code, time_last_update_unix, rates } = readOpenErApi(text);
  if (result !== "success") throw new FeedError(`the answer says ${JSON.stringify(result.slice(0, 20))}`);
  return [publicationOf(base_code, time_last_update_unix, rates)];
}

/** The base's own rate, which these feeds include, says nothing. */
function publicationOf(base: string, seconds: string, rates: Record<string, string>): Publication {
  const others = Object.entries(rates).filter(([currency]) => currency !== base);
  return { baseCurrency: base, publishedAtMs: secondsToMs(seconds), rates: new Map(others) };
}

/** A history as long as the ECB's, for tests: made up, the same each time. */
import type { FeedDay } from "./feed-bodies.ts";
import { dayMs } from "./published-days.ts";

const codes =
  "USD JPY GBP CHF SEK NOK DKK CZK HUF PLN RON TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR ISK".split(
    " ",
  );
const firstDayMs = Date.UTC(1999, 0, 4);

/** So many working days from 1999 on, each rate within half a percent of the day before. */
export function longHistory(dayCount: number): readonly FeedDay[] {
  const days: FeedDay[] = [];
  for (let atMs = firstDayMs; days.length < dayCount; atMs += dayMs) {
    const weekday = new Date(atMs).getUTCDay();
    if (weekday === 0 || weekday === 6) continue;
    const rates = codes.map((code, index) => {
      const step = ((days.length * 7 + index * 13) % 100) - 50;
      return [code, (10 ** (index % 4) * (1 + step / 10_000)).toFixed(4)];
    });
    days.push({ day: new Date(atMs).toISOString().slice(0, 10), rates: Object.fromEntries(rates) });
  }
  return days;
}

import { Type } from "typebox";
import type { Publication } from "../../domain/rates/rate-book.ts";
import { ecbPublicationTimeMs } from "./ecb-publication-time.ts";
import { FeedError } from "./feed-error.ts";
import { dayMs } from "./feed-time.ts";
import { jsonReader } from "./json-feed.ts";

const readV1 = jsonReader(
  Type.Object({
    amount: Type.Optional(Type.String()),
    base: Type.String(),
    date: Type.String(),
    rates: Type.Record(Type.String(), Type.String(), { minProperties: 1 }),
  }),
);
const readV2 = jsonReader(
  Type.Array(
    Type.Object({ date: Type.String(), base: Type.String(), quote: Type.String(), rate: Type.String() }),
    { minItems: 1, maxItems: 100_000 },
  ),
);
const one = /^1([.]0+)?$/;

/**
 * Reads Frankfurter's version 1, `{amount, base, date, rates}`, which repeats the ECB's rates.
 *
 * @throws FeedError if it has another form, or is about another amount than 1.
 */
export function parseFrankfurterV1(text: string): readonly Publication[] {
  const { amount = "1", base, date, rates } = readV1(text);
  if (!one.test(amount)) throw new FeedError("the rates are for another amount than 1");
  const publishedAtMs = ecbPublicationTimeMs(dayMs(date));
  return [{ baseCurrency: base, publishedAtMs, rates: new Map(Object.entries(rates)) }];
}

/**
 * Reads Frankfurter's version 2, `[{date, base, quote, rate}]`. Its rates come from many sources at all hours;
 * they name only their day and are dated from its beginning, so that today's are never of the future.
 *
 * @returns one publication for each day and base, oldest first.
 * @throws FeedError if it has another form, or names a rate twice.
 */
export function parseFrankfurterV2(text: string): readonly Publication[] {
  const groups = Map.groupBy(readV2(text), ({ date, base }) => `${date} ${base}`);
  const publications = [...groups.values()].map((group) => {
    const { date, base } = group[0]!;
    const rates = new Map(group.map(({ quote, rate }) => [quote, rate]));
    if (rates.size < group.length) throw new FeedError("a rate comes twice");
    return { baseCurrency: base, publishedAtMs: dayMs(date), rates };
  });
  if (new Set(publications.map(({ publishedAtMs }) => publishedAtMs)).size < publications.length)
    throw new FeedError("a day comes with several base currencies");
  return publications.sort((left, right) => left.publishedAtMs - right.publishedAtMs);
}

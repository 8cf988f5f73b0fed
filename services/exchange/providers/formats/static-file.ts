import { Type } from "typebox";
import type { Publication } from "../../domain/rates/rate-book.ts";
import { FeedError } from "./feed-error.ts";
import { checkedTime } from "./feed-time.ts";
import { jsonReader } from "./json-feed.ts";

const publication = Type.Object({
  base: Type.String(),
  published_at: Type.String(),
  rates: Type.Record(Type.String(), Type.String(), { minProperties: 1 }),
});
const read = jsonReader(
  Type.Union([publication, Type.Array(publication, { minItems: 1, maxItems: 10_000 })]),
);
const timePattern = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,12}(Z|[+-][0-9]{2}:[0-9]{2})$/;

/**
 * Reads the operator's own file: `{base, published_at, rates}`, or a list of these, `published_at` with an
 * offset, as in 2026-04-13T16:00:00+02:00.
 *
 * @returns oldest first.
 * @throws FeedError if it has another form, or a time comes twice.
 */
export function parseStaticFile(text: string): readonly Publication[] {
  const publications = [read(text)].flat().map(({ base, published_at, rates }) => ({
    baseCurrency: base,
    publishedAtMs: timeOf(published_at),
    rates: new Map(Object.entries(rates)),
  }));
  if (new Set(publications.map(({ publishedAtMs }) => publishedAtMs)).size < publications.length)
    throw new FeedError("a time comes twice");
  return publications.sort((left, right) => left.publishedAtMs - right.publishedAtMs);
}

function timeOf(text: string): number {
  const timeMs = timePattern.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs)) throw new FeedError("published_at is no time with an offset");
  return checkedTime(timeMs);
}

import { type FeedRecord, quoted, skipped } from "./feed-record.ts";
import { readPriceDigits, SourceNumber } from "./price-digits.ts";
import { type Rate, type RatedMeter, termsOfRates } from "./rated-meter.ts";
import type { FeedMapping, MeterMapping } from "./source-settings.ts";

/** A record of a list: its name for messages, and its fields. */
export interface MappableRecord {
  readonly name: string;
  field(path: string): unknown;
}

const currencyForm = /^[A-Z][A-Z0-9_]{1,15}$/;
const modeForm = /^[a-z][a-z0-9_]{0,63}$/;

/** The records at a place of a JSON document, members of an object or elements of an array; undefined: none there. */
export function recordsAt(document: unknown, path: string): MappableRecord[] | undefined {
  const found = valueAt(document, path);
  if (typeof found !== "object" || found === null || found instanceof SourceNumber) return undefined;
  if (Array.isArray(found))
    return found.map((value, index) => ({ name: `[${index}]`, field: (field) => valueAt(value, field) }));
  return Object.entries(found).map(([key, value]) => ({
    name: key,
    field: (field) => (field === "$key" ? key : valueAt(value, field)),
  }));
}

/** A JSON Pointer (RFC 6901) followed; undefined where it leads nowhere. */
function valueAt(document: unknown, pointer: string): unknown {
  if (pointer === "") return document;
  let value = document;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** Reads records by a declared mapping. */
export function readMappedRecords(
  records: readonly MappableRecord[],
  mapping: FeedMapping,
  defaultCurrency: string,
): FeedRecord[] {
  const seen = new Set<string>();
  return records.map((record) => {
    const priceId = textOf(record.field(mapping.priceIdField));
    if (priceId === undefined || priceId === "")
      return skipped(record.name, "not_a_price", `${mapping.priceIdField} names no price`);
    if (seen.has(priceId)) return skipped(priceId, "duplicate", "the list has the name twice");
    seen.add(priceId);
    return readRecord(priceId, record, mapping, defaultCurrency);
  });
}

function readRecord(
  priceId: string,
  record: MappableRecord,
  mapping: FeedMapping,
  defaultCurrency: string,
): FeedRecord {
  const textAt = (field: string) => (field === "" ? "" : (textOf(record.field(field)) ?? ""));
  const stated = textAt(mapping.currencyField);
  const currencyCode = stated === "" ? defaultCurrency : stated;
  if (!currencyForm.test(currencyCode))
    return skipped(
      priceId,
      "value_invalid",
      `${mapping.currencyField} is ${quoted(stated)}, which is no currency`,
    );
  const rates = new Map<MeterMapping["meter"], { rates: Rate[]; subsetOf: readonly string[] }>();
  for (const meter of mapping.meters) {
    const value = record.field(meter.field);
    const text = textOf(value);
    if (value === undefined || value === null || text === "") continue;
    if (text !== undefined && mapping.unpricedValues.includes(text)) continue;
    const amount = text === undefined ? undefined : readPriceDigits(text, 0);
    if (text === undefined || amount === undefined)
      return skipped(priceId, "value_invalid", `${meter.field} is ${quoted(value)}, which is no price`);
    const { variantId, conditions, per } = meter;
    const rate = {
      variantId,
      conditions,
      per,
      unitAmount: amount.toString(),
      origin: { key: meter.field, value: text },
    };
    const ofMeter = rates.get(meter.meter) ?? { rates: [], subsetOf: meter.subsetOf };
    rates.set(meter.meter, ofMeter);
    ofMeter.rates.push(rate);
  }
  if (rates.size === 0) return skipped(priceId, "unpriced", "none of the fields with prices has one");
  const rated = [...rates].map(
    ([meter, { rates: list, subsetOf }]): RatedMeter => ({ meter, subsetOf, rates: plainLast(list) }),
  );
  const mode = textAt(mapping.modeField);
  return {
    kind: "priced",
    name: priceId,
    priceId,
    displayName: textAt(mapping.displayNameField).slice(0, 200),
    provider: textAt(mapping.providerField).slice(0, 100),
    mode: modeForm.test(mode) ? mode : "",
    ...termsOfRates(currencyCode, rated),
  };
}

/** A text, or the digits of a number; undefined for what is neither. */
function textOf(value: unknown): string | undefined {
  if (value instanceof SourceNumber) return value.text;
  return typeof value === "string" ? value.trim() : undefined;
}

/** The rate without conditions applies when no other does. */
function plainLast(rates: readonly Rate[]): Rate[] {
  return rates.toSorted(
    (left, right) => Number(right.conditions.length > 0) - Number(left.conditions.length > 0),
  );
}

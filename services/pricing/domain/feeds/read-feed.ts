import { type CsvError, parse as parseCsv } from "csv-parse/sync";
import { parse as parseJson } from "lossless-json";
import { type FeedRecord, skipped } from "./feed-record.ts";
import { readLitellmList } from "./litellm-feed.ts";
import { type MappableRecord, readMappedRecords, recordsAt } from "./mapped-feed.ts";
import { readOpenrouterList } from "./openrouter-feed.ts";
import { SourceNumber } from "./price-digits.ts";
import type { SourceSettings } from "./source-settings.ts";

/** Most records of a list: each may change a price, and all of them change in one step. */
export const mostRecords = 9_000;

/** A list that cannot be read as a whole. */
export class FeedFault extends Error {
  readonly reason: "FEED_INVALID" | "FEED_TOO_LARGE";
  readonly metadata: Readonly<Record<string, string>>;

  constructor(reason: FeedFault["reason"], message: string, metadata: Readonly<Record<string, string>> = {}) {
    super(message);
    this.reason = reason;
    this.metadata = metadata;
  }
}

/** What of a source's settings decides how its list is read. */
export type ReadSettings = Pick<SourceSettings, "format" | "mapping" | "currencyCode">;

const priceIdForm = /^[A-Za-z0-9][A-Za-z0-9_.:@/+-]{0,199}$/;

/**
 * Reads a list, its numbers from their digits. Every record becomes a price or is skipped with its reason.
 *
 * @throws FeedFault FEED_INVALID if the list is not of its format, FEED_TOO_LARGE beyond 9,000 records
 */
export function readFeed(content: Uint8Array, settings: ReadSettings, priceIdPrefix: string): FeedRecord[] {
  const text = decode(content);
  const records = settings.format === "csv" ? readCsv(text, settings) : readJson(text, settings);
  return records.map((record) => {
    if (record.kind !== "priced") return record;
    const priceId = `${priceIdPrefix}${record.priceId}`;
    return priceIdForm.test(priceId)
      ? { ...record, priceId }
      : skipped(record.name, "id_invalid", `${JSON.stringify(priceId)} cannot be a price id`);
  });
}

function decode(content: Uint8Array): string {
  if (content.length === 0) throw new FeedFault("FEED_INVALID", "the list is empty");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new FeedFault("FEED_INVALID", "the list is not UTF-8");
  }
}

function readJson(text: string, settings: ReadSettings): FeedRecord[] {
  const document = parseDocument(text);
  const { format, mapping, currencyCode } = settings;
  if (format === "openrouter") {
    requireFew((document as { data?: readonly unknown[] } | null)?.data?.length ?? 0);
    const records = readOpenrouterList(document, currencyCode);
    if (records === undefined) throw new FeedFault("FEED_INVALID", "the document has no array data");
    return records;
  }
  if (format === "litellm") {
    if (
      typeof document !== "object" ||
      document === null ||
      Array.isArray(document) ||
      document instanceof SourceNumber
    )
      throw new FeedFault("FEED_INVALID", "the document is no object of models");
    requireFew(Object.keys(document).length);
    return readLitellmList(document as Readonly<Record<string, unknown>>, currencyCode);
  }
  if (mapping === undefined) throw new Error("a mapped list without a mapping");
  const records = recordsAt(document, mapping.recordsPath);
  if (records === undefined)
    throw new FeedFault("FEED_INVALID", `there are no records at ${JSON.stringify(mapping.recordsPath)}`);
  requireFew(records.length);
  return readMappedRecords(records, mapping, currencyCode);
}

function parseDocument(text: string): unknown {
  const first = text.trimStart().slice(0, 200);
  if (first.startsWith("<"))
    throw new FeedFault("FEED_INVALID", "the list is HTML or XML where JSON is expected", { position: "0" });
  try {
    return parseJson(text, null, (digits) => new SourceNumber(digits));
  } catch (error) {
    // Nested beyond what the stack holds, or no JSON; the parser says where.
    const message = error instanceof RangeError ? "it is nested too deep" : (error as Error).message;
    const position = / at position ([0-9]+)/.exec(message)?.[1];
    throw new FeedFault(
      "FEED_INVALID",
      `the list is not JSON: ${message}`,
      position === undefined ? {} : { position },
    );
  }
}

function readCsv(text: string, { mapping, currencyCode }: ReadSettings): FeedRecord[] {
  if (mapping === undefined) throw new Error("a mapped list without a mapping");
  let rows: string[][];
  try {
    rows = parseCsv(text, {
      bom: true,
      delimiter: mapping.csvDelimiter,
      skip_empty_lines: true,
      to: mostRecords + 2,
    });
  } catch (error) {
    const { message, lines } = error as CsvError & { lines?: number };
    throw new FeedFault(
      "FEED_INVALID",
      `the list is not CSV: ${message}`,
      lines === undefined ? {} : { position: String(lines) },
    );
  }
  const [header, ...records] = rows;
  if (header === undefined) throw new FeedFault("FEED_INVALID", "the list has no header line");
  requireColumns(header, mapping.priceIdField);
  requireFew(records.length);
  const columns = new Map(header.map((name, index) => [name.trim(), index]));
  const mappable = records.map(
    (row, index): MappableRecord => ({
      name: `line ${index + 2}`,
      field: (name) => row[columns.get(name) ?? -1],
    }),
  );
  return readMappedRecords(mappable, mapping, currencyCode);
}

function requireColumns(header: readonly string[], priceIdField: string): void {
  if (header.some((name) => name.trim() === priceIdField)) return;
  throw new FeedFault("FEED_INVALID", `the list has no column ${priceIdField}`, { position: "1" });
}

function requireFew(count: number): void {
  if (count <= mostRecords) return;
  throw new FeedFault("FEED_TOO_LARGE", `the list has ${count} records; at most ${mostRecords} are read`, {
    limit: String(mostRecords),
  });
}

import { strFromU8, unzipSync } from "fflate";
import type { Publication } from "../../domain/rates/rate-book.ts";
import { ecbPublicationTimeMs } from "./ecb-publication-time.ts";
import { FeedError } from "./feed-error.ts";
import { dayMs } from "./feed-time.ts";

/** A history that cannot be read; the message names the line. */
export class EcbHistoryError extends FeedError {
  override readonly name = "EcbHistoryError";

  constructor(line: number, why: string) {
    super(`line ${line}: ${why}`);
  }
}

/** The currency that every ECB rate is for one unit of. */
export const ecbBaseCurrency = "EUR";

/** Far beyond what there is: 7,000 days and 42 currencies after 27 years. */
const limits = { characters: 32 << 20, days: 50_000, currencies: 200 } as const;
const codePattern = /^[A-Z]{3}$/;
const ratePattern = /^[0-9]{1,18}([.][0-9]{1,18})?$/;
const isZero = /^[0.]*$/;

/**
 * Reads the ECB's history of reference rates: `Date,USD,…,` then a line for each day, newest first, `N/A`
 * where the day has no rate for a currency.
 *
 * @returns the days, oldest first.
 * @throws EcbHistoryError if a line does not have that form, a rate is not above 0 or a day comes twice.
 */
export function parseEcbHistory(text: string): readonly Publication[] {
  if (text.length > limits.characters) throw new EcbHistoryError(1, "the history is too long");
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length < 2) throw new EcbHistoryError(lines.length, "the history has no days");
  if (lines.length > limits.days) throw new EcbHistoryError(limits.days, "the history has too many days");
  const currencies = parseHeader(lines[0]!);
  const days = lines.slice(1).map((line, index) => parseDay(line, index + 2, currencies));
  for (const [index, { publishedAtMs }] of days.entries()) {
    const newer = days[index - 1];
    if (newer !== undefined && newer.publishedAtMs <= publishedAtMs)
      throw new EcbHistoryError(index + 2, "the day is not before that of the line above");
  }
  return days.reverse();
}

/** The first bytes of a zip file. */
const zipMark = Buffer.from("PK\u0003\u0004");

/**
 * The text of the history: the ECB offers it as the only file in a zip.
 *
 * @throws FeedError if the zip is damaged, or has no file that may be it.
 */
export function readEcbHistory(body: Buffer): string {
  if (!body.subarray(0, zipMark.length).equals(zipMark)) return body.toString("utf8");
  let files: ReturnType<typeof unzipSync>;
  try {
    files = unzipSync(body, {
      filter: ({ name, originalSize }) => name.endsWith(".csv") && originalSize <= limits.characters,
    });
  } catch (error) {
    throw new FeedError("the zip is damaged", { cause: error });
  }
  const [csv] = Object.values(files);
  if (csv === undefined) throw new FeedError("the zip has no file of rates");
  return strFromU8(csv);
}

function parseHeader(line: string): readonly string[] {
  const [first, ...currencies] = cellsOf(line);
  if (first !== "Date") throw new EcbHistoryError(1, 'the header does not begin with "Date"');
  if (currencies.length === 0 || currencies.length > limits.currencies)
    throw new EcbHistoryError(1, `the header names ${currencies.length} currencies`);
  const unreadable = currencies.find((code) => !codePattern.test(code) || code === ecbBaseCurrency);
  if (unreadable !== undefined)
    throw new EcbHistoryError(1, `${JSON.stringify(unreadable.slice(0, 20))} cannot be quoted`);
  if (new Set(currencies).size < currencies.length) throw new EcbHistoryError(1, "a currency is named twice");
  return currencies;
}

function parseDay(line: string, lineNumber: number, currencies: readonly string[]): Publication {
  const [day = "", ...cells] = cellsOf(line);
  const midnightMs = midnightOf(day, lineNumber);
  if (cells.length !== currencies.length)
    throw new EcbHistoryError(lineNumber, `${cells.length} rates for ${currencies.length} currencies`);
  const rates = new Map<string, string>();
  for (const [index, cell] of cells.entries()) {
    if (cell === "N/A") continue;
    if (!ratePattern.test(cell) || isZero.test(cell))
      throw new EcbHistoryError(
        lineNumber,
        `${JSON.stringify(cell.slice(0, 40))} is no rate for ${currencies[index]}`,
      );
    rates.set(currencies[index]!, cell);
  }
  return { baseCurrency: ecbBaseCurrency, publishedAtMs: ecbPublicationTimeMs(midnightMs), rates };
}

function midnightOf(day: string, lineNumber: number): number {
  try {
    return dayMs(day);
  } catch (error) {
    throw new EcbHistoryError(lineNumber, (error as FeedError).message);
  }
}

/** The cells of a line; the file ends each with a comma. */
function cellsOf(line: string): string[] {
  return line.replace(/,$/, "").split(",");
}

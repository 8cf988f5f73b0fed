import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Publication } from "../domain/rates/rate-book.ts";
import { parseEcbHistory } from "./formats/ecb-history.ts";

/** The rates that came with the software. */
export interface BundledRates {
  /** Without its folder, for example "ecb-2026-04-13.csv". */
  readonly fileName: string;
  /** The last day in it, for example "2026-04-13". */
  readonly lastDay: string;
  /** Oldest first. */
  readonly publications: readonly Publication[];
}

const bundledFolder = join(import.meta.dirname, "../bundled");
const fileNamePattern = /^ecb-([0-9]{4}-[0-9]{2}-[0-9]{2})[.]csv$/;

/**
 * Reads the newest bundled file of ECB rates.
 *
 * @throws Error if there is none, it cannot be read, or its name promises another day than it holds.
 */
export function readBundledRates(folder: string = bundledFolder): BundledRates {
  const fileName = readdirSync(folder)
    .filter((name) => fileNamePattern.test(name))
    .sort()
    .at(-1);
  if (fileName === undefined) throw new Error(`no bundled exchange rates lie in ${folder}`);
  const publications = readPublications(folder, fileName);
  const lastDay = fileNamePattern.exec(fileName)?.[1] ?? "";
  const newestMs = publications.at(-1)?.publishedAtMs ?? 0;
  if (!new Date(newestMs).toISOString().startsWith(lastDay))
    throw new Error(`the last day in ${fileName} is not ${lastDay}`);
  return { fileName, lastDay, publications };
}

function readPublications(folder: string, fileName: string): readonly Publication[] {
  const text = readFileSync(join(folder, fileName), "utf8");
  try {
    return parseEcbHistory(withoutComments(text));
  } catch (error) {
    throw new Error(`${fileName} cannot be read, after its comments`, { cause: error });
  }
}

/** The file begins with lines that name its source; the rest is as the ECB publishes it. */
function withoutComments(text: string): string {
  return text.replace(/^(?:#.*\r?\n)*/, "");
}

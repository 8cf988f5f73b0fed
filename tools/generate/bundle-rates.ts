/**
 * Makes the bundled file of exchange rates from the ECB's history:
 * `node tools/generate/bundle-rates.ts <eurofxref-hist.csv>`. Run by hand when the file should be newer.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEcbHistory } from "../../services/exchange/providers/formats/ecb-history.ts";

/** A file to write. */
export interface BundledFile {
  fileName: string;
  text: string;
}

const outputFolder = join(import.meta.dirname, "../../services/exchange/bundled");
/** About four months, so that point-in-time questions of a first start find something. */
const bundledDays = 90;

/**
 * The most recent days of a history, each line as the ECB wrote it, below a header that names the source.
 *
 * @throws EcbHistoryError if the history is not one.
 */
export function bundleRates(history: string, days: number = bundledDays): BundledFile {
  parseEcbHistory(history);
  const [columns = "", ...rows] = history.trimEnd().split(/\r?\n/);
  const kept = rows.slice(0, days);
  const lastDay = dayOf(kept[0]);
  const header = [
    "# Euro foreign exchange reference rates. Source: European Central Bank (ECB).",
    "# https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip, reuse with attribution.",
    `# Last published day: ${lastDay}. The ${kept.length} most recent days, from ${dayOf(kept.at(-1))}; lines and digits as published.`,
  ];
  return { fileName: `ecb-${lastDay}.csv`, text: `${[...header, columns, ...kept].join("\n")}\n` };
}

function dayOf(row: string | undefined): string {
  return row?.split(",", 1)[0] ?? "";
}

if (import.meta.main) {
  const [historyPath] = process.argv.slice(2);
  if (historyPath === undefined) {
    process.stderr.write("usage: node tools/generate/bundle-rates.ts <eurofxref-hist.csv>\n");
    process.exit(2);
  }
  const { fileName, text } = bundleRates(readFileSync(historyPath, "utf8"));
  for (const name of readdirSync(outputFolder))
    if (/^ecb-.*[.]csv$/.test(name)) rmSync(join(outputFolder, name));
  writeFileSync(join(outputFolder, fileName), text);
  process.stdout.write(`${join(outputFolder, fileName)}\n`);
}

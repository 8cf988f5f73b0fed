/**
 * Makes the price catalogue that ships with the software from a LiteLLM price list.
 *
 *   node tools/generate/bundle-prices.ts model_prices_2026-08-06.json [folder]
 *
 * The list is https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json; the name of
 * the file says its day. The same list gives the same bytes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parse } from "lossless-json";
import type { BundledFile } from "../../services/pricing/domain/catalogue/bundled-catalogue.ts";
import { SourceNumber } from "../../services/pricing/domain/feeds/price-digits.ts";
import { type LitellmModel, readLitellmModel } from "../../services/pricing/domain/litellm-model.ts";

/** Where the list comes from and under which terms. */
const origin = {
  source: "LiteLLM, github.com/BerriAI/litellm, model_prices_and_context_window.json",
  copyright: "Copyright (c) 2023 Berri AI",
  licence: "MIT",
} as const;

/** What became of each entry of a list. */
export interface Bundle {
  readonly file: BundledFile;
  /** Reason by key, for the entries that are left out. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/**
 * Bundles a list.
 *
 * @param text the list, JSON
 * @param date its day, for example "2026-08-06"
 */
export function bundlePrices(text: string, date: string): Bundle {
  const list = parse(text, null, (digits) => new SourceNumber(digits)) as Record<string, unknown>;
  const leftOut = new Map<string, string>();
  const models = new Map<string, { key: string; model: LitellmModel }>();
  for (const [key, record] of Object.entries(list)) {
    const model = readLitellmModel(key, record);
    if (typeof model === "string") {
      leftOut.set(key, model);
      continue;
    }
    const other = models.get(model.priceId);
    // Two keys may mean the same price: the key that is the whole id speaks for it.
    if (other !== undefined && other.key === model.priceId) {
      leftOut.set(key, "duplicate");
    } else {
      if (other !== undefined) leftOut.set(other.key, "duplicate");
      models.set(model.priceId, { key, model });
    }
  }
  const sorted = [...models.values()].map(({ model }) => model).sort(byPriceId);
  const file: BundledFile = {
    name: `litellm-${date}`,
    ...origin,
    date,
    currencyCode: "USD",
    per: "1000000",
    entryCount: Object.keys(list).length,
    priceCount: sorted.length,
    freeCount: sorted.filter(({ free }) => free).length,
    leftOut: countByReason(leftOut),
    prices: Object.fromEntries(sorted.map((model) => [model.priceId, compact(model)])),
  };
  return { file, leftOut };
}

/** The file's text: one line for each price, so that two days can be compared. */
export function printBundle({ prices, ...head }: BundledFile): string {
  const lines = Object.entries(prices).map(
    ([priceId, price]) => `${JSON.stringify(priceId)}:${JSON.stringify(price)}`,
  );
  return `${JSON.stringify(head).slice(0, -1)},"prices":{\n${lines.join(",\n")}\n}}\n`;
}

function compact({ provider, mode, free, rates, otherPrices }: LitellmModel): BundledFile["prices"][string] {
  return {
    provider,
    ...(mode === "" ? {} : { mode }),
    ...(free ? { free } : {}),
    rates: Object.fromEntries(
      Object.entries(rates).map(([meter, { standard = "", ...others }]) => {
        const special = Object.entries(others).sort();
        return [meter, special.length === 0 ? standard : { standard, ...Object.fromEntries(special) }];
      }),
    ),
    ...(otherPrices.length === 0 ? {} : { otherPrices: [...otherPrices] }),
  };
}

function countByReason(leftOut: ReadonlyMap<string, string>): Record<string, number> {
  const groups = Map.groupBy(leftOut.values(), (reason) => reason);
  return Object.fromEntries([...groups].map(([reason, { length }]) => [reason, length]).sort());
}

function byPriceId(left: LitellmModel, right: LitellmModel): number {
  return left.priceId < right.priceId ? -1 : 1;
}

function main([path, folder]: readonly string[]): void {
  const date = /[0-9]{4}-[0-9]{2}-[0-9]{2}/.exec(basename(path ?? ""))?.[0];
  if (path === undefined || date === undefined) {
    throw new Error("Name a LiteLLM price list whose file name has its day, as in prices_2026-08-06.json");
  }
  const { file } = bundlePrices(readFileSync(path, "utf8"), date);
  const bundled = resolve(import.meta.dirname, "../../services/pricing/bundled");
  const target = join(folder ?? bundled, `${file.name}.json`);
  const text = printBundle(file);
  writeFileSync(target, text);
  console.log(`${target}: ${text.length} bytes, ${file.priceCount} prices (${file.freeCount} free)`);
  console.log(`left out of ${file.entryCount} entries: ${JSON.stringify(file.leftOut)}`);
}

if (import.meta.main) main(process.argv.slice(2));

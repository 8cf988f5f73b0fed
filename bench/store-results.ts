import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { loadNow, type Machine } from "./machine.ts";
import type { PartResult } from "./run-part.ts";

const folder = join(import.meta.dirname, "results");

/** Stores a run for later comparison and gives the file's path. */
export function storeResults(
  machine: Machine,
  parts: readonly PartResult[],
  names: readonly string[],
): string {
  mkdirSync(folder, { recursive: true });
  const measuredAt = new Date().toISOString();
  const path = join(folder, `${measuredAt.slice(0, 16).replaceAll(":", "")}-${names.join("-")}.json`);
  const result = { measuredAt, machine: { ...machine, loadAfter: loadNow() }, parts };
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
  return relative(process.cwd(), path);
}

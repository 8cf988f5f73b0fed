import { readFileSync } from "node:fs";

/** The catalogue that ships with the software. */
const bundledFileName = "litellm-2026-08-06.json";

/** Reads the catalogue that ships with the software, unchecked. */
export function readBundledFile(): unknown {
  return JSON.parse(readFileSync(new URL(`../bundled/${bundledFileName}`, import.meta.url), "utf8"));
}

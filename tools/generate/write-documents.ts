/** Writes the documents that follow from the contract and the settings. Called by `make generate`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generateDocuments } from "./documents.ts";

for (const [path, text] of generateDocuments()) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generateDocuments } from "./documents.ts";

for (const [path, text] of generateDocuments()) {
  test(`${path} says what contract and settings say (else: make generate)`, () => {
    assert.equal(readFileSync(path, "utf8"), text);
  });

  test(`${path} leaves nothing undescribed`, () => {
    for (const line of text.split("\n")) assert.doesNotMatch(line, /\| *\|$|undefined/);
  });
}

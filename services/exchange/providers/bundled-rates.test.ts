import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readBundledRates } from "./bundled-rates.ts";

function withFolder(files: Record<string, string>, use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bundled-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const file = (day: string) => `# Source: somebody\n# a second line\nDate,USD,\n${day},1.25,\n`;

describe("readBundledRates", () => {
  test("reads the file that comes with the software", () => {
    const { fileName, lastDay, publications } = readBundledRates();
    assert.equal(fileName, `ecb-${lastDay}.csv`);
    assert.ok(publications.length >= 60);
    const newest = publications.at(-1);
    assert.ok(newest !== undefined && newest.rates.size >= 25);
    assert.match(newest.rates.get("USD") ?? "", /^[0-9]+[.][0-9]+$/);
  });

  test("takes the newest of several", () => {
    const files = { "ecb-2026-04-10.csv": file("2026-04-10"), "ecb-2026-04-13.csv": file("2026-04-13") };
    withFolder(files, (folder) => assert.equal(readBundledRates(folder).lastDay, "2026-04-13"));
  });

  const faults: readonly [name: string, files: Record<string, string>, message: RegExp][] = [
    ["an empty folder", {}, /no bundled exchange rates/],
    [
      "a name with another day",
      { "ecb-2026-04-13.csv": file("2026-04-10") },
      /last day .* is not 2026-04-13/,
    ],
    [
      "a damaged file",
      { "ecb-2026-04-13.csv": "Date,USD,\n2026-04-13," },
      /ecb-2026-04-13.csv cannot be read/,
    ],
  ];
  for (const [name, files, message] of faults) {
    test(`refuses ${name}`, () =>
      withFolder(files, (folder) => assert.throws(() => readBundledRates(folder), message)));
  }
});

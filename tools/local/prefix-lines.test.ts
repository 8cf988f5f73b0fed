import assert from "node:assert/strict";
import { test } from "node:test";
import { createLinePrefixer, wantsColour } from "./prefix-lines.ts";

test("names share one column", () => {
  const prefix = createLinePrefixer(["core", "monitoring"], false);
  assert.equal(prefix("core", "listens"), "core       │ listens");
  assert.equal(prefix("monitoring", "  indented"), "monitoring │   indented");
});

test("each name has a colour of its own, and the line keeps its own colours", () => {
  const names = ["core", "pricing", "exchange", "monitoring", "admin", "redis"];
  const prefix = createLinePrefixer(names, true);
  const starts = names.map((name) => prefix(name, "").split(name)[0]);
  assert.equal(new Set(starts).size, names.length);
  const line = "\u001b[31mred\u001b[39m";
  assert.ok(prefix("core", line).endsWith(`│\u001b[0m ${line}`));
});

const cases: ReadonlyArray<[isTTY: boolean | undefined, noColour: string | undefined, expected: boolean]> = [
  [true, undefined, true],
  [true, "", true],
  [true, "1", false],
  [undefined, undefined, false],
];
for (const [isTTY, noColour, expected] of cases) {
  test(`terminal ${isTTY ?? "none"}, NO_COLOR ${noColour ?? "unset"}: ${expected ? "colour" : "plain"}`, () => {
    const stream = isTTY === undefined ? {} : { isTTY };
    assert.equal(wantsColour(stream, noColour === undefined ? {} : { NO_COLOR: noColour }), expected);
  });
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { movedColumns } from "./domain/verification/leg-rules.ts";

const page = readFileSync(new URL("../../docs/ledger.md", import.meta.url), "utf8");
const register = readFileSync(new URL("./store/functions/register.lua", import.meta.url), "utf8");

test("docs/ledger.md has a row for every type of entry, with the columns that it may move", () => {
  for (const [type, columns] of Object.entries(movedColumns)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${type}\` |`));
    assert.ok(row, `${type} has a row`);
    const named = ["external", "available", "reserved", "spent", "expired"].filter((column) =>
      row.split("|")[3]?.includes(column),
    );
    assert.deepEqual(named.sort(), [...columns].sort(), type);
  }
});

test("docs/ledger.md names every function of the library", () => {
  const names = [...register.matchAll(/^register\('(\w+)'/gm)].map(([, name]) => name);
  assert.ok(names.length > 10);
  assert.deepEqual(
    names.filter((name) => !page.includes(`\`ledger1_${name}\``)),
    [],
  );
});

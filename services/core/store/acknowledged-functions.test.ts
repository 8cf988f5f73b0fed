import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isAcknowledged } from "./acknowledged-functions.ts";

const register = readFileSync(new URL("./functions/register.lua", import.meta.url), "utf8");
const functions = [...register.matchAll(/^register\('(\w+)', .*?, \{(.*?)\}/gm)].map(([, name, flags]) => ({
  name: name!,
  writes: !flags?.includes("no-writes"),
}));

/** Done again if a failover loses it, so that nobody's answer stands on it. */
const repeated = [
  "archive_entries",
  "expire_batch",
  "expire_grant",
  "expire_hold",
  "note_primary",
  "read_reservation",
  "trim_outbox",
];

test("every function that writes is acknowledged, unless it is simply done again", () => {
  assert.ok(functions.length > 30);
  for (const { name, writes } of functions)
    if (writes) assert.equal(isAcknowledged(name), !repeated.includes(name), name);
});

test("functions that only read are not, but for the one that answers for an earlier call", () => {
  const acknowledged = functions.filter(({ name, writes }) => !writes && isAcknowledged(name));
  assert.deepEqual(
    acknowledged.map(({ name }) => name),
    ["find_replay", "library_revision"],
  );
});

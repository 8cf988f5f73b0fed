import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runTestFiles } from "./servers/run-test-files.ts";

/** Beside other tests on a small machine. */
const withinMs = 20 * 60_000;

/** The suites with the fewest tests that each has: less means that a part was not run. */
const suites: ReadonlyArray<readonly [name: string, fewestTests: number]> = [
  ["security/credentials", 9],
  ["security/hostile-text", 9],
  ["security/hostile-bytes", 9],
  ["main-job", 9],
  ["quotes", 4],
  ["payments", 20],
  ["outages", 8],
  ["outages-under-load.full", 3],
  ["relay", 6],
];

for (const [name, fewestTests] of suites) {
  test(`without the fast path ${name}.test.ts passes as it does with it`, async () => {
    const file = join(import.meta.dirname, `${name}.test.ts`);
    const { count, passed, failures } = await runTestFiles([file], { FAST_PATH: "false" }, withinMs);
    assert.deepEqual(failures, []);
    assert.ok(count >= fewestTests && passed === count, `${passed} of ${count} passed`);
  });
}

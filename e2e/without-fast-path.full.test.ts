import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runTestFiles } from "./servers/run-test-files.ts";

/** Beside other tests on a small machine. */
const withinMs = 20 * 60_000;
/** No file of these has fewer; less means that a part was not run. */
const fewestTests = 9;

for (const name of ["security/credentials", "security/hostile-text", "security/hostile-bytes", "main-job"]) {
  test(`without the fast path ${name}.test.ts passes as it does with it`, async () => {
    const file = join(import.meta.dirname, `${name}.test.ts`);
    const { count, passed, failures } = await runTestFiles([file], { FAST_PATH: "false" }, withinMs);
    assert.deepEqual(failures, []);
    assert.ok(count >= fewestTests && passed === count, `${passed} of ${count} passed`);
  });
}

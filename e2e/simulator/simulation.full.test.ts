import assert from "node:assert/strict";
import { test } from "node:test";
import { failureReport } from "./failure-report.ts";
import { simulate } from "./simulation.ts";
import { startSystem } from "./system.ts";

/** Always the same ones, so that a change is judged by what it does; `make simulate` tries others. */
const seed = Number(process.env.SEED ?? 9);
const operations = Number(process.env.OPS ?? 2_000);

test("work of every kind under faults of every kind loses nothing and does nothing twice", async (context) => {
  context.diagnostic(`seed ${seed}`);
  await using system = await startSystem();
  const options = { seed, operations, onProgress: (line: string) => context.diagnostic(line) };
  const tally = await simulate(system, options).catch((error: unknown) => {
    throw new Error(failureReport(error, options, system), { cause: error });
  });
  context.diagnostic(tally.describe());
  assert.equal(tally.operations + tally.skipped, operations);
  assert.ok(tally.uncertain["had been done"] > 0, "no lost reply of something done");
  assert.ok(tally.payments > 0, "no payment");
});

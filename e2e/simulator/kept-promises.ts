import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { failureReport } from "./failure-report.ts";
import { faultNames } from "./fault-plan.ts";
import { simulate } from "./simulation.ts";
import { startSystem } from "./system.ts";

/**
 * Simulates a run that is long enough for every kind of fault, and fails with the history of what went wrong. Always
 * the same operations, so that a change is judged by what it does; SEED and OPS try others, as `make simulate` does.
 */
export async function keepsPromises(context: TestContext, usualOperations: number): Promise<void> {
  const seed = Number(process.env.SEED ?? 9);
  const operations = Number(process.env.OPS ?? usualOperations);
  context.diagnostic(`seed ${seed}`);
  await using system = await startSystem();
  const options = { seed, operations, onProgress: (line: string) => context.diagnostic(line) };
  const tally = await simulate(system, options).catch((error: unknown) => {
    throw new Error(failureReport(error, options, system), { cause: error });
  });
  context.diagnostic(tally.describe());
  assert.equal(tally.operations + tally.skipped, operations);
  assert.deepEqual(new Set(tally.faults.keys()), faultNames);
  assert.ok(tally.uncertain["had been done"] > 0, "no lost reply of something done");
  assert.ok(tally.payments > 0, "no payment");
}

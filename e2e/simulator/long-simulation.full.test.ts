import assert from "node:assert/strict";
import { test } from "node:test";
import { failureReport } from "./failure-report.ts";
import { simulate } from "./simulation.ts";
import { startSystem } from "./system.ts";

const seed = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 2 ** 30));
const operations = Number(process.env.OPS ?? 10_000);

test("10,000 operations under some fifty faults lose nothing and do nothing twice", async (context) => {
  context.diagnostic(`seed ${seed}`);
  await using system = await startSystem();
  const options = { seed, operations, onProgress: (line: string) => context.diagnostic(line) };
  const tally = await simulate(system, options).catch((error: unknown) => {
    throw new Error(failureReport(error, options, system), { cause: error });
  });
  context.diagnostic(tally.describe());
  assert.equal(tally.operations + tally.skipped, operations);
  assert.ok(tally.uncertain["had been done"] > 0, "no lost reply of something done");
});

import { BrokenPromise } from "./check-system.ts";
import type { PlanOptions } from "./plan.ts";
import type { SimulatedSystem } from "./system.ts";

const lastLines = 40;

/** Why a run failed: what is broken, the history of the account concerned, and how to run it again. */
export function failureReport(
  error: unknown,
  { seed, operations }: PlanOptions,
  { stack }: SimulatedSystem,
): string {
  const isBroken = error instanceof BrokenPromise;
  const what = isBroken ? error.message : error instanceof Error ? error.stack : String(error);
  return [
    `BROKEN: ${what}`,
    isBroken && error.account !== undefined ? error.account.history() : "",
    `last lines of the services:\n${stack.lines.slice(-lastLines).join("\n")}`,
    `Again: make simulate SEED=${seed} OPS=${operations}`,
  ].join("\n\n");
}

import { after, before, test } from "node:test";
import { playScenario, type Step } from "./scenario.ts";
import { startTestLedger, type TestLedger } from "./test-ledger.ts";

/** A behaviour, the account's credit limit, and the steps; columns after: available reserved funded spent expired #sequence. */
export type Scenario = readonly [behaviour: string, creditLimit: bigint, steps: readonly Step[]];

/** Makes a test of each scenario, on one ledger with an account for each; gives that ledger, for tests beside them. */
export function testScenarios(prefix: string, scenarios: readonly Scenario[]): () => TestLedger {
  let ledger: TestLedger;
  before(async () => {
    ledger = await startTestLedger();
  });
  after(() => ledger?.stop());
  for (const [number, [behaviour, creditLimit, steps]] of scenarios.entries())
    test(behaviour, () => playScenario(ledger, `${prefix}-${number}`, creditLimit, steps));
  return () => ledger;
}

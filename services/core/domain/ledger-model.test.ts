import { after, before, test } from "node:test";
import { assertLedgerIsModel } from "./testing/model/play.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let ledger: TestLedger;
before(async () => {
  ledger = await startTestLedger();
});
after(() => ledger.stop());

test("random operations answer as the model says, and their retries as they did the first time", () =>
  assertLedgerIsModel(ledger, 100));

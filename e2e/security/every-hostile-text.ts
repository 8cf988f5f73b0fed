import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startGuardedStack } from "./guarded-stack.ts";
import { readLedger } from "./ledger-snapshot.ts";
import { sendTextsToRoutes } from "./route-texts.ts";
import { makeTextTargets } from "./text-targets.ts";
import { sendTexts, textAttempts } from "./text-walk.ts";

for (const fastPath of ["true", "false"]) {
  describe(`with the fast path ${fastPath === "true" ? "on" : "off"}`, () => {
    test("every hostile text in every field of every method does no harm", async () => {
      const guarded = await startGuardedStack({ FAST_PATH: fastPath });
      const targets = await makeTextTargets(guarded.stack);
      try {
        const token = await guarded.stack.token();
        const attempts = textAttempts(1);
        const ledger = await readLedger(guarded.stack);
        const refusable = attempts.filter(({ isRefused }) => isRefused);
        assert.equal((await sendTexts(guarded.ways.all, token, refusable)).answered, 0);
        assert.deepEqual(await readLedger(guarded.stack), ledger);
        const harmless = attempts.filter(({ isRefused }) => !isRefused);
        await sendTexts(guarded.ways.all, token, harmless);
        await sendTextsToRoutes(guarded.stack, 1);
        await targets.requireUnharmed();
      } finally {
        targets.close();
        await guarded.stop();
      }
    });
  });
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { walkMethods } from "./credential-walk.ts";
import { startGuardedStack } from "./guarded-stack.ts";
import { readLedger } from "./ledger-snapshot.ts";
import { relayVisitors, walkRelay } from "./relay-walk.ts";
import { walkRoutes } from "./route-walk.ts";

for (const fastPath of ["true", "false"]) {
  describe(`with the fast path ${fastPath === "true" ? "on" : "off"}`, () => {
    test("every method, every JSON route and the relay refuse every credential that must not open it, in every way", async () => {
      const guarded = await startGuardedStack({ FAST_PATH: fastPath });
      try {
        const { stack, ways, forged } = guarded;
        const visitors = await relayVisitors(stack, forged);
        const ledger = await readLedger(stack);
        const everything = { oneOf: 1, everyWay: true };
        assert.ok((await walkMethods(stack, ways.all, forged, everything)) > 20_000);
        assert.ok((await walkRoutes(stack, forged, 1)) > 4_000);
        assert.ok((await walkRelay(stack, visitors, 1)) > 1_000);
        assert.deepEqual(await readLedger(stack), ledger);
      } finally {
        await guarded.stop();
      }
    });
  });
}

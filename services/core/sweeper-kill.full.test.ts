import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "#platform/testing/eventually.ts";
import { ledgerOf } from "./domain/testing/test-ledger.ts";
import { AccountVerifier } from "./domain/verification/account-verifier.ts";
import { accountKeys } from "./store/keys.ts";
import { openTestStore } from "./store/testing/test-store.ts";
import { startCore } from "./testing/running-core.ts";

const accountIds = Array.from({ length: 100 }, (_, index) => `kill-${index}`);
const holdsPerAccount = 100;
const patientMs = 120_000;

test("with one of two Cores killed while they sweep every hold is freed, once", async (context) => {
  const environment = { CORE_OUTBOX_READER_SILENCE_MS: "86400000" };
  const survivor = await startCore({ environment });
  const victim = await startCore({ environment, server: survivor.server });
  const store = await openTestStore(survivor.server);
  const ledger = ledgerOf(store, store.store);
  try {
    const openCount = async () => {
      const counts = await Promise.all(
        accountIds.map((id) => ledger.command<number>("HLEN", accountKeys(id).openHolds)),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    };
    await Promise.all(accountIds.map((id) => ledger.create(id, 1_000_000n)));
    const total = accountIds.length * holdsPerAccount;
    // All end about when the last is opened, so that the sweepers meet thousands at once.
    const endMs = Date.now() + 10_000;
    await Promise.all(
      accountIds.map(async (id) => {
        for (let count = 0; count < holdsPerAccount; count++)
          await ledger.reserve(id, 1n, { holdTtlMs: Math.max(1, endMs - Date.now()) });
      }),
    );
    await waitUntil(
      "both have begun",
      async () => {
        const done = 'billing_core_expiries_total{kind="hold"}';
        const counts = await Promise.all([survivor, victim].map((core) => core.metric(done).catch(() => 0)));
        return counts.every((count) => count > 0);
      },
      patientMs,
    );
    victim.kill();
    const left = await openCount();
    context.diagnostic(`killed with ${left} of ${total} holds open`);
    await waitUntil("all are freed", async () => (await openCount()) === 0, patientMs);
    const verifier = new AccountVerifier(ledger.store);
    for (const id of accountIds) {
      const { faults } = await verifier.verify(id, new AbortController().signal);
      assert.deepEqual(faults, []);
      const [reserved, sequence] = await ledger.command<string[]>("HMGET", accountKeys(id).account, "r", "q");
      assert.deepEqual([reserved, Number(sequence)], ["0", 1 + 2 * holdsPerAccount], "each once");
    }
  } finally {
    await store.stop();
    await victim.stop();
    await survivor.stop();
  }
});

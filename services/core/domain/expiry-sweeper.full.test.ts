import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "#platform/testing/eventually.ts";
import { accountKeys } from "../store/keys.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { readServerTimeMs } from "../store/testing/test-store.ts";
import { startSweeper } from "./testing/counting-sweeper.ts";
import { runMany } from "./testing/run-many.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import { AccountVerifier } from "./verification/account-verifier.ts";

const accountIds = Array.from({ length: 200 }, (_, index) => `mass-${index}`);
const laterCount = 100_000;
const dueCount = 20_000;
const atOnce = 128;
const patientMs = 240_000;

async function openHolds(
  ledger: TestLedger,
  count: number,
  holdTtlMsOf: (index: number) => number,
): Promise<void> {
  await runMany(count, atOnce, (index) =>
    ledger.reserve(accountIds[index % accountIds.length]!, 1n, { holdTtlMs: holdTtlMsOf(index) }),
  );
}

async function openCount(ledger: TestLedger): Promise<number> {
  const counts = await Promise.all(
    accountIds.map((id) => ledger.command<number>("HLEN", accountKeys(id).openHolds)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

// How late they are freed is measured by bench/ledger: a busy machine says nothing about it.
test("among 100,000 holds that stay, each of 20,000 is freed once by one of three sweepers, none early", async (context) => {
  await using ledger = await startTestLedger({ settings: { maxmemory: "0" } });
  await runMany(accountIds.length, atOnce, (index) => ledger.create(accountIds[index]!, 1_000_000n));
  await openHolds(ledger, laterCount, () => 7_200_000);
  const sweepers = [startSweeper(ledger), startSweeper(ledger), startSweeper(ledger)];
  // The first half ends while the rest is opened, the second nearly at one moment.
  const endMs = (await readServerTimeMs(ledger)) + 5_000;
  await openHolds(ledger, dueCount, (index) =>
    index < dueCount / 2 ? 1 + (index % 2_000) : Math.max(1, endMs - Date.now()),
  );
  await waitUntil(
    "all that are due are freed",
    async () => (await openCount(ledger)) === laterCount,
    patientMs,
  );
  await Promise.all(sweepers.map(({ stop }) => stop()));

  const performed = sweepers.map(({ seen }) => seen.performed);
  context.diagnostic(`performed by each sweeper: ${performed.join(", ")}`);
  assert.equal(
    performed.reduce((sum, count) => sum + count, 0),
    dueCount,
  );
  for (const { seen } of sweepers) assert.deepEqual([seen.failed, seen.stuck], [0, []]);
  let freed = 0;
  for (const id of accountIds) {
    const { entries } = await auditAccount(ledger, id);
    const expiries = entries.filter(({ type }) => type === "HOLD_EXPIRED");
    for (const { timeMs, hold } of expiries)
      assert.ok(timeMs >= hold!.expiresMs, `freed ${hold!.expiresMs - timeMs} ms early`);
    assert.equal(new Set(expiries.map(({ hold }) => hold!.sequence)).size, expiries.length, "once");
    freed += expiries.length;
  }
  assert.equal(freed, dueCount);
  const verifier = new AccountVerifier(ledger.store);
  for (const id of accountIds.slice(0, 20)) {
    const { faults } = await verifier.verify(id, new AbortController().signal);
    assert.deepEqual(faults, []);
  }
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accountKeys } from "../store/keys.ts";
import { dumpKeys } from "../store/testing/test-store.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import { AccountVerifier } from "./verification/account-verifier.ts";
import { HandWrittenAccount } from "./verification/testing/hand-written-account.ts";

const most = 10n ** 24n;

let ledger: TestLedger;
before(async () => {
  ledger = await startTestLedger();
});
after(() => ledger?.stop());

/**
 * An account that has been credited and charged nearly as much as lifetime columns hold, which takes 10⁵ of the
 * largest amounts: `left` less than the most was funded, and all but `available` of it was spent.
 */
async function oldAccount(accountId: string, left: bigint, available: bigint): Promise<void> {
  const funded = most - left;
  const account = new HandWrittenAccount(ledger, accountId, Date.now() - 1_000);
  await account.append("A");
  await account.append("C", `e-${funded};a${funded}`, { 15: "admin" });
  await account.append("D", `a-${funded - available};s${funded - available}`);
  assert.deepEqual(await faultsOf(accountId), []);
}

async function faultsOf(accountId: string): Promise<readonly unknown[]> {
  return (await new AccountVerifier(ledger.store).verify(accountId, new AbortController().signal)).faults;
}

async function columnsOf(accountId: string): Promise<string[]> {
  return ledger.command<string[]>("HMGET", accountKeys(accountId).account, "a", "r", "f", "s", "x");
}

/** Whether a call is refused for the size of a total, and nothing was changed by it. */
async function assertOverflows(call: () => Promise<unknown>): Promise<void> {
  const before = await dumpKeys(ledger);
  await assert.rejects(call(), { reason: "AMOUNT_OVERFLOW" });
  assert.deepEqual(await dumpKeys(ledger), before);
}

test("what was funded in all reaches 10²⁴ exactly and goes no further", async () => {
  await oldAccount("funded", 1_000n, 10n);
  await assertOverflows(() => ledger.credit("funded", 1_001n));
  await ledger.credit("funded", 1_000n);
  assert.deepEqual(await columnsOf("funded"), ["1010", "0", `${most}`, `${most - 1_010n}`, "0"]);
  await assertOverflows(() => ledger.credit("funded", 1n));
  const { transaction } = await ledger.charge("funded", 1_010n);
  assert.deepEqual(await columnsOf("funded"), ["0", "0", `${most}`, `${most}`, "0"]);
  assert.equal(transaction.balanceAfter.spentAtoms, most, "read back to the last digit");
  assert.deepEqual(await faultsOf("funded"), []);
});

test("what was spent in all reaches 10²⁴ exactly and goes no further, not even for usage that has happened", async () => {
  await oldAccount("spent", 0n, 600n);
  await ledger.charge("spent", 500n);
  const { reservation } = await ledger.reserve("spent", 100n);
  await assertOverflows(() => ledger.commit(reservation.reservationId, 101n, { overage: "DEBT" }));
  await ledger.commit(reservation.reservationId, 100n);
  assert.deepEqual(await columnsOf("spent"), ["0", "0", `${most}`, `${most}`, "0"]);
  assert.deepEqual(await faultsOf("spent"), []);
});

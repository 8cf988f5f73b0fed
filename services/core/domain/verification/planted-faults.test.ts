import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startTestLedger, type TestLedger } from "../testing/test-ledger.ts";
import { AccountVerifier } from "./account-verifier.ts";
import { type Invariant, invariants } from "./fault-list.ts";
import { plantedFaults, playedAccount } from "./testing/faults.ts";
import { grantAccount, plantedGrantFaults } from "./testing/grant-faults.ts";
import { type PlantedFault, sceneOf } from "./testing/planted-fault.ts";

let ledger: TestLedger;
let verifier: AccountVerifier;
before(async () => {
  ledger = await startTestLedger();
  verifier = new AccountVerifier(ledger.store);
});
after(() => ledger?.stop());

const violated = new Set<Invariant>();

/** Verifies, and gives the faults as "<sequence> <subject>: <found>". */
async function faultsOf(accountId: string): Promise<string[]> {
  const { faults, holdsSkipped } = await verifier.verify(accountId, new AbortController().signal);
  for (const { invariant } of faults) violated.add(invariant);
  if (faults[0]?.subject !== "account") assert.equal(holdsSkipped, false);
  return faults.map(({ sequence, subject, found }) => `${sequence} ${subject}: ${found}`);
}

async function expectFirstFault(accountId: string, [name, plant, fault]: PlantedFault): Promise<void> {
  assert.deepEqual(await faultsOf(accountId), [], `${name}: nothing is wrong before`);
  await plant(sceneOf(ledger, accountId));
  const [first = "nothing"] = await faultsOf(accountId);
  assert.ok(first.startsWith(fault), `${name}: expected "${fault}" first, got "${first}"`);
}

describe("a planted fault is found and named", () => {
  for (const fault of plantedFaults) {
    test(fault[0], async () => expectFirstFault(await playedAccount(ledger), fault));
  }
});

describe("a planted fault around grants is found and named", () => {
  for (const fault of plantedGrantFaults) {
    test(fault[0], async () => expectFirstFault(await grantAccount(ledger), fault));
  }
});

test("each invariant is violated by one of them", () => {
  assert.deepEqual([...violated].sort(), [...invariants].sort());
});

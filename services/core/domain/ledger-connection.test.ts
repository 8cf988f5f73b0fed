import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startFaultyProxy } from "#platform/testing/faulty-proxy.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { dumpKeys } from "../store/testing/test-store.ts";
import {
  type HazardousAccount,
  postingOperations,
  prepareAccount,
} from "./testing/hazards/hazardous-account.ts";
import { ledgerOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import { AccountVerifier } from "./verification/account-verifier.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger({ port: true });
});
after(() => shared.stop());

const unknown = { reason: "STORE_UNAVAILABLE" };

/** Makes a call whose connection is cut before Redis gets it, or before the caller gets the reply. */
async function callCut(
  accountId: string,
  operation: (ledger: TestLedger) => Promise<unknown>,
  kind: "cutBeforeRequest" | "cutReply",
): Promise<void> {
  const { port } = await shared.serverOf(accountId);
  await using proxy = await startFaultyProxy({ port: port! });
  const redis = await connectTestRedis(`redis://127.0.0.1:${proxy.port}`, { name: "cut" });
  try {
    const cut = ledgerOf(shared, new LedgerStore(redis));
    proxy.setFault({ kind });
    await assert.rejects(operation(cut), unknown);
  } finally {
    await redis.close();
  }
}

async function assertWhole({ accountId }: HazardousAccount): Promise<number> {
  const { faults } = await new AccountVerifier(shared.store).verify(accountId, new AbortController().signal);
  assert.deepEqual(faults, []);
  return (await auditAccount(shared, accountId)).sequence;
}

for (const [name, operation] of Object.entries(postingOperations)) {
  test(`${name}: cut off before it ran nothing changed, cut off after it ran the same call gets its answer`, async () => {
    for (const hasGrants of [false, true]) {
      const account = await prepareAccount(shared, hasGrants);
      const before = await dumpKeys(shared);
      await callCut(account.accountId, (ledger) => operation(ledger, account), "cutBeforeRequest");
      assert.deepEqual(await dumpKeys(shared), before);
      await callCut(account.accountId, (ledger) => operation(ledger, account), "cutReply");
      const sequence = await assertWhole(account);
      const answer = (await operation(shared, account)) as { readonly idempotentReplay: boolean };
      assert.equal(answer.idempotentReplay, true);
      assert.equal(await assertWhole(account), sequence, "nothing was done again");
    }
  });

  test(`${name}: twenty at once with one key have one effect and one answer`, async () => {
    for (const hasGrants of [false, true]) {
      const [account, alone] = [
        await prepareAccount(shared, hasGrants),
        await prepareAccount(shared, hasGrants),
      ];
      const calls = Array.from({ length: 20 }, () => operation(shared, account));
      const answers = (await Promise.all(calls)) as { readonly idempotentReplay: boolean }[];
      assert.equal(answers.filter(({ idempotentReplay }) => !idempotentReplay).length, 1);
      for (const answer of answers)
        assert.deepEqual({ ...answer, idempotentReplay: true }, { ...answers[0], idempotentReplay: true });
      await operation(shared, alone);
      const [many, one] = [
        await auditAccount(shared, account.accountId),
        await auditAccount(shared, alone.accountId),
      ];
      assert.deepEqual([many.columns, many.sequence], [one.columns, one.sequence], "as one call alone");
      await assertWhole(account);
    }
  });
}

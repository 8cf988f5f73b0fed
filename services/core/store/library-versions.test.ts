import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccountCall } from "./calls/create-account.ts";
import { readAccountCall } from "./calls/read-account.ts";
import { librarySource } from "./function-library.ts";
import { accountKeys, selfTestKeys } from "./keys.ts";
import { LedgerStore } from "./ledger-store.ts";
import { openLedgerGate } from "./startup-gate.ts";
import { startTestStore } from "./testing/test-store.ts";

const nextMajor = librarySource().replaceAll("ledger1", "ledger2");

test("the library of a next major version loads beside this one, and each serves its callers", async () => {
  await using test = await startTestStore();
  await openLedgerGate(test.redis);
  const account = { accountId: "a", currencyCode: "USD", ledgerScale: 2, creditLimitAtoms: 0n, settings: "" };
  await test.store.run(createAccountCall({ ...account, digest: Buffer.alloc(16) }));

  await test.command("FUNCTION", "LOAD", "REPLACE", nextMajor);
  assert.equal((await test.store.run(readAccountCall("a"))).account.sequence, 1);
  const { account: key, grants } = accountKeys("a");
  const read = await test.redis.callFunction<string[]>("ledger2_read_account", [key, grants], []);
  assert.equal(read[2], "1");
  assert.equal(await test.redis.callFunction("ledger2_self_test", selfTestKeys(0), []), "OK");
});

test("an instance of this version that starts or reloads leaves the next one's library alone", async () => {
  await using test = await startTestStore();
  await openLedgerGate(test.redis);
  await test.command("FUNCTION", "LOAD", "REPLACE", nextMajor);
  await openLedgerGate(test.redis);
  await test.command("FUNCTION", "DELETE", "ledger1");
  await assert.rejects(new LedgerStore(test.redis).run(readAccountCall("nobody")), {
    reason: "ACCOUNT_NOT_FOUND",
  });
  assert.equal(await test.redis.callFunction("ledger2_self_test", selfTestKeys(0), []), "OK");
});

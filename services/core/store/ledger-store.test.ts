import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ErrorReply } from "@redis/client";
import type { Redis } from "#platform/redis/redis.ts";
import { createAccountCall } from "./calls/create-account.ts";
import { readAccountCall } from "./calls/read-account.ts";
import { librarySource } from "./function-library.ts";
import { LedgerStore } from "./ledger-store.ts";
import { FunctionRefusal, LedgerFault, understandErrorReply } from "./store-fault.ts";
import { startTestStore, type TestStore } from "./testing/test-store.ts";

let shared: TestStore;
before(async () => {
  shared = await startTestStore();
  await new LedgerStore(shared.redis).run(
    createAccountCall({
      accountId: "a",
      currencyCode: "USD",
      ledgerScale: 2,
      creditLimitAtoms: 0n,
      digest: Buffer.alloc(16),
      settings: "",
    }),
  );
});
after(() => shared.stop());

let loads = 0;
/** Counts how often the library is loaded. */
function counting(redis: Redis): Redis {
  return {
    ...redis,
    onEveryPrimary: (args) => {
      if (args[0] === "FUNCTION") loads += 1;
      return redis.onEveryPrimary(args);
    },
  };
}
beforeEach(() => {
  loads = 0;
});

test("a lost library is loaded again, once for many calls at a time, and the calls succeed", async () => {
  const store = new LedgerStore(counting(shared.redis));
  await shared.command("FUNCTION", "FLUSH");
  const replies = await Promise.all(Array.from({ length: 100 }, () => store.run(readAccountCall("a"))));
  assert.ok(replies.every(({ account }) => account.currencyCode === "USD"));
  assert.equal(loads, 1);
});

test("no other error makes it load the library", async () => {
  const store = new LedgerStore(counting(shared.redis));
  await assert.rejects(store.run(readAccountCall("nobody")), FunctionRefusal);
  const wrong = { ...readAccountCall("a"), keys: () => ["{x}:a", "{x}:b"], args: () => [] };
  await shared.command("SET", "{x}:a", "text");
  await assert.rejects(store.run(wrong), LedgerFault);
  assert.equal(loads, 0);
});

test("a library that does not have the function is a fault, not an endless loop", async () => {
  const store = new LedgerStore(counting(shared.redis));
  await assert.rejects(store.run({ ...readAccountCall("a"), name: "no_such_function" }), LedgerFault);
  assert.ok(loads >= 1 && loads <= 4);
});

test("a lost connection passes through as STORE_UNAVAILABLE and is not tried again", async () => {
  await using own = await startTestStore();
  const store = new LedgerStore(own.redis);
  await own.server.kill();
  await assert.rejects(store.run(readAccountCall("a")), { reason: "STORE_UNAVAILABLE" });
});

test("every function's source stands in one library with the declared name", () => {
  assert.match(librarySource(), /^#!lua name=ledger1\n/);
});

const replies: ReadonlyArray<[message: string, meaning: string]> = [
  ['INSUFFICIENT_FUNDS {"required":"1"}', "INSUFFICIENT_FUNDS"],
  ["ACCOUNT_CLOSED {}", "ACCOUNT_CLOSED"],
  ["OOM allow-oom flag is not set on the function", "STORE_UNAVAILABLE"],
  ["LOADING Redis is loading the dataset in memory", "STORE_UNAVAILABLE"],
  ["READONLY You can't write against a read only replica.", "STORE_UNAVAILABLE"],
  ["CLUSTERDOWN The cluster is down", "STORE_UNAVAILABLE"],
  ["MISCONF Errors writing to the AOF file", "STORE_UNAVAILABLE"],
  ["NOREPLICAS Not enough good replicas to write.", "STORE_UNAVAILABLE"],
  ['LEDGER_CORRUPT {"what":"hold"}', "fault"],
  ['LEDGER_FAULT {"what":"user_function:1: attempt to index nil"}', "fault"],
  ['ARGUMENT_INVALID {"argument":"amount"}', "fault"],
  ["WRONGTYPE Operation against a key holding the wrong kind of value", "fault"],
  ["NOPERM the ledger needs permission to run xadd on its keys", "fault"],
  ["ERR something new", "fault"],
];
for (const [message, meaning] of replies) {
  test(`"${message.slice(0, 40)}" means ${meaning}`, () => {
    const understood = understandErrorReply(new ErrorReply(message));
    assert.equal(understood instanceof LedgerFault ? "fault" : understood.reason, meaning);
  });
}

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { accountKeys } from "../store/keys.ts";
import type { QuoteUse } from "../store/quote-use.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { dumpKeys, readServerTimeMs, waitUntilServerTime } from "../store/testing/test-store.ts";
import { CoreError } from "./core-error.ts";
import type { QuotedPosting } from "./operations.ts";
import type { PostingResult } from "./results.ts";
import { inTime } from "./testing/in-time.ts";
import { idempotencyOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import { AccountVerifier } from "./verification/account-verifier.ts";

let ledger: TestLedger;
before(async () => {
  ledger = await startTestLedger();
});
after(() => ledger.stop());

async function fundedAccount(): Promise<string> {
  const accountId = `quotes-${randomUUID()}`;
  await ledger.create(accountId);
  await ledger.credit(accountId, 1_000n);
  return accountId;
}

async function quoteFor(ttlMs: number, maxUses: number): Promise<QuoteUse> {
  return { quoteId: `q-${randomUUID()}`, maxUses, expiresMs: (await readServerTimeMs(ledger)) + ttlMs };
}

type Operation = (accountId: string, more: Partial<QuotedPosting>) => Promise<PostingResult>;

/** What may use a quote; each commit has a hold of its own. */
const operations: Readonly<Record<string, Operation>> = {
  Charge: (accountId, more) => ledger.charge(accountId, 1n, more),
  Credit: (accountId, more) => ledger.credit(accountId, 1n, more),
  Reserve: (accountId, more) => ledger.reserve(accountId, 1n, more),
  Commit: async (accountId, more) => {
    const { reservation } = await ledger.reserve(accountId, 5n, {
      idempotency: idempotencyOf("Reserve", "same", `for ${more.idempotency?.key ?? randomUUID()}`),
    });
    return ledger.commit(reservation.reservationId, 1n, more);
  },
};

const recordOf = (accountId: string, { quoteId }: QuoteUse) =>
  ledger.command<string | null>("HGET", accountKeys(accountId).references, `q:${quoteId}`);

async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (error) {
    if (error instanceof CoreError) return error.reason;
    throw error;
  }
}

for (const [method, operation] of Object.entries(operations)) {
  test(`${method} uses a quote once, says when it is used up, and repeats its first answer for ever`, async () => {
    const accountId = await fundedAccount();
    const quote = await quoteFor(60_000, 1);
    const idempotency = idempotencyOf(method, "first", "first");
    const first = await operation(accountId, { quote, idempotency });
    assert.equal(await recordOf(accountId, quote), `1,${first.transaction.sequence}`);
    const again = { quote, idempotency: idempotencyOf(method, "again", "again") };
    await operation(accountId, { ...again, quote: undefined });
    const other = { quote, idempotency: idempotencyOf(method, "other", "other") };
    await assert.rejects(operation(accountId, other), {
      reason: "QUOTE_NOT_APPLICABLE",
      metadata: { quote_id: quote.quoteId, max_uses: "1" },
    });
    assert.equal(await recordOf(accountId, quote), `1,${first.transaction.sequence}`);
    const replay = await operation(accountId, { quote, idempotency });
    assert.deepEqual(replay, { ...first, idempotentReplay: true });
    await auditAccount(ledger, accountId);
  });
}

test("uses by all operations at once are counted together, and a quote without bound is not bound", async () => {
  const accountId = await fundedAccount();
  const [thrice, unbound] = [await quoteFor(60_000, 3), await quoteFor(60_000, 0)];
  const use = (quote: QuoteUse) =>
    Promise.all(
      Array.from({ length: 4 }).flatMap(() =>
        Object.values(operations).map((operation) => reasonOf(operation(accountId, { quote }))),
      ),
    );
  const bound = await use(thrice);
  assert.equal(bound.filter((reason) => reason === "OK").length, 3);
  assert.equal(bound.filter((reason) => reason === "QUOTE_NOT_APPLICABLE").length, 13);
  assert.match((await recordOf(accountId, thrice))!, /^3,/);
  assert.deepEqual(new Set(await use(unbound)), new Set(["OK"]));
  assert.match((await recordOf(accountId, unbound))!, /^16,/);
  await auditAccount(ledger, accountId);
});

test("the clock of Redis ends a quote; what used it in time is answered again after that", async () => {
  const accountId = await fundedAccount();
  const { quote, idempotency, first } = await inTime(100, async (aheadMs) => {
    const used = await quoteFor(aheadMs, 0);
    const once = idempotencyOf("Charge", "in time", `in time ${aheadMs}`);
    const charged = await ledger.charge(accountId, 1n, { quote: used, idempotency: once });
    return { quote: used, idempotency: once, first: charged };
  });
  const { reservation } = await ledger.reserve(accountId, 5n);
  await waitUntilServerTime(ledger, quote.expiresMs);
  const before = await dumpKeys(ledger);
  // Each is listened to from the beginning: they are answered at times of their own.
  const late = [
    ledger.charge(accountId, 1n, { quote }),
    ledger.credit(accountId, 1n, { quote }),
    ledger.reserve(accountId, 1n, { quote }),
    ledger.commit(reservation.reservationId, 1n, { quote }),
  ];
  assert.deepEqual(
    await Promise.all(late.map(reasonOf)),
    late.map(() => "QUOTE_EXPIRED"),
  );
  assert.deepEqual(await dumpKeys(ledger), before);
  assert.deepEqual(await ledger.charge(accountId, 1n, { quote, idempotency }), {
    ...first,
    idempotentReplay: true,
  });
});

test("what is refused uses no quote, also where the expiry of its hold had to be performed first", async () => {
  const accountId = await fundedAccount();
  const quote = await quoteFor(60_000, 1);
  assert.equal(await reasonOf(ledger.charge(accountId, 2_000n, { quote })), "INSUFFICIENT_FUNDS");
  assert.equal(await reasonOf(ledger.reserve(accountId, 2_000n, { quote })), "INSUFFICIENT_FUNDS");
  const { reservation } = await ledger.reserve(accountId, 5n, { holdTtlMs: 1 });
  await waitUntilServerTime(ledger, reservation.expiresMs);
  const late = ledger.commit(reservation.reservationId, 1n, { quote });
  assert.equal(await reasonOf(late), "RESERVATION_EXPIRED");
  assert.equal(await recordOf(accountId, quote), null);
  await ledger.commit(reservation.reservationId, 1n, { quote, acceptExpired: true });
  assert.match((await recordOf(accountId, quote))!, /^1,/);
});

describe("verification counts the uses that entries name", () => {
  const harms: ReadonlyArray<readonly [name: string, record: string | undefined, fault: string]> = [
    ["a forgotten use", "1,3", "quote test uses: 1"],
    ["a forgotten quote", undefined, "quote test: missing"],
    ["a use too many", "3,3", "quote test uses: 3"],
    ["another first use", "2,4", "quote test first used by: 4"],
  ];
  for (const [name, record, fault] of harms) {
    test(name, async () => {
      const accountId = await fundedAccount();
      const quote = { ...(await quoteFor(60_000, 0)), quoteId: "test" };
      await ledger.charge(accountId, 1n, { quote });
      await ledger.charge(accountId, 1n, { quote });
      assert.deepEqual(await faultsOf(accountId), []);
      const { references } = accountKeys(accountId);
      if (record === undefined) await ledger.command("HDEL", references, "q:test");
      else await ledger.command("HSET", references, "q:test", record);
      assert.deepEqual(await faultsOf(accountId), [fault]);
    });
  }

  test("a use without an entry", async () => {
    const accountId = await fundedAccount();
    await ledger.command("HSET", accountKeys(accountId).references, "q:test", "1,2");
    assert.deepEqual(await faultsOf(accountId), ["reference q:test: a record without an entry"]);
  });

  async function faultsOf(accountId: string): Promise<string[]> {
    const verifier = new AccountVerifier(ledger.store);
    const { faults } = await verifier.verify(accountId, new AbortController().signal);
    return faults.map(({ subject, found }) => `${subject}: ${found}`);
  }
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { JournalReader } from "../store/journal-reader.ts";
import { accountKeys } from "../store/keys.ts";
import { requireReservation } from "./operation-checks.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import type { TransactionFilter } from "./transaction-filter.ts";
import { TransactionLog } from "./transaction-log.ts";

let shared: TestLedger;
let log: TransactionLog;
before(async () => {
  shared = await startTestLedger();
  log = new TransactionLog(shared.store, new JournalReader(shared.store));
});
after(() => shared.stop());

const any: TransactionFilter = {
  types: [],
  fromMs: undefined,
  untilMs: undefined,
  reservation: undefined,
  externalReference: "",
};
const never = new AbortController().signal;
const sequencesOf = (transactions: ReadonlyArray<{ sequence: number }>) =>
  transactions.map(({ sequence }) => sequence);

/** Pages through a list to its end; `between` runs after each page. */
async function listAll(
  accountId: string,
  filter: TransactionFilter,
  oldestFirst: boolean,
  pageSize: number,
  between: () => Promise<unknown> = async () => {},
): Promise<number[]> {
  const sequences: number[] = [];
  let position: number | undefined;
  do {
    const page = await log.list(accountId, filter, { oldestFirst, pageSize, position });
    assert.ok(page.transactions.length <= pageSize);
    sequences.push(...sequencesOf(page.transactions));
    position = page.next;
    await between();
  } while (position !== undefined);
  return sequences;
}

async function exportAll(accountId: string, filter: TransactionFilter, afterSequence = 0): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { transactions } of log.export(accountId, filter, afterSequence, never)) {
    assert.ok(transactions.length >= 1 && transactions.length <= 500);
    sequences.push(...sequencesOf(transactions));
  }
  return sequences;
}

test("lists and exports give exactly the matching entries, in order, whatever page size and filter", async () => {
  const accountId = "filters";
  await shared.create(accountId);
  await shared.credit(accountId, 1_000n, { externalReference: "invoice-1" });
  const { reservation } = await shared.reserve(accountId, 50n);
  await shared.charge(accountId, 5n);
  await shared.commit(reservation.reservationId, 20n);
  await shared.credit(accountId, 1_000n, { externalReference: "invoice-2" });
  for (let count = 0; count < 6; count++) await shared.charge(accountId, BigInt(count));
  const all = (await log.list(accountId, any, { oldestFirst: true, pageSize: 1_000, position: undefined }))
    .transactions;
  const times = all.map(({ createdMs }) => createdMs);
  const timeMs = fc.option(fc.constantFrom(...times, times[0]! - 1, times.at(-1)! + 1), { nil: undefined });
  const filters = fc.record({
    types: fc.subarray(["CHARGE", "CREDIT", "COMMIT", "RESERVE", "REFUND"] as const),
    fromMs: timeMs,
    untilMs: timeMs,
    reservation: fc.constantFrom(undefined, undefined, requireReservation(reservation.reservationId)),
    externalReference: fc.constantFrom("", "", "invoice-2", "invoice-3"),
  });
  await fc.assert(
    fc.asyncProperty(
      filters,
      fc.integer({ min: 1, max: 20 }),
      fc.nat(14),
      async (filter, pageSize, afterSequence) => {
        const expected = all
          .filter(
            ({ type, createdMs, reservationId, externalReference }) =>
              (filter.types.length === 0 || (filter.types as string[]).includes(type)) &&
              createdMs >= (filter.fromMs ?? 0) &&
              createdMs < (filter.untilMs ?? Number.POSITIVE_INFINITY) &&
              (filter.reservation === undefined || reservationId === reservation.reservationId) &&
              (filter.externalReference === "" || externalReference === filter.externalReference),
          )
          .map(({ sequence }) => sequence);
        assert.deepEqual(await listAll(accountId, filter, true, pageSize), expected);
        assert.deepEqual(await listAll(accountId, filter, false, pageSize), expected.toReversed());
        const later = expected.filter((sequence) => sequence > afterSequence);
        assert.deepEqual(await exportAll(accountId, filter, afterSequence), later);
      },
    ),
    { numRuns: 60 },
  );
});

test("pages stay right while new entries arrive", async () => {
  const accountId = "growing";
  await shared.create(accountId);
  for (let count = 0; count < 9; count++) await shared.credit(accountId, 1n);
  const newest = await listAll(accountId, any, false, 3, () => shared.credit(accountId, 1n));
  assert.deepEqual(newest, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test("a filter that matches little reads a bounded part per call and gives a token without entries", async () => {
  const accountId = "sparse";
  await shared.create(accountId);
  const keys = accountKeys(accountId);
  const [first] = await shared.command<string[]>("LRANGE", keys.journal, "0", "0");
  const texts = Array.from({ length: 25_000 }, (_, index) =>
    first!
      .split("\u001f")
      .with(1, String(index + 2))
      .with(3, "U")
      .join("\u001f"),
  );
  for (let start = 0; start < texts.length; start += 5_000)
    await shared.command("RPUSH", keys.journal, ...texts.slice(start, start + 5_000));
  await shared.command("HSET", keys.account, "q", "25001");

  const filter = { ...any, types: ["ACCOUNT_CREATED" as const] };
  const page = await log.list(accountId, filter, { oldestFirst: false, pageSize: 10, position: undefined });
  assert.deepEqual([page.transactions.length, page.next], [0, 15_001]);
  assert.deepEqual(await listAll(accountId, filter, false, 10), [1]);
  const batches: number[] = [];
  for await (const { transactions } of log.export(accountId, any, 0, never))
    batches.push(transactions.length);
  assert.deepEqual(batches, [...Array.from({ length: 50 }, () => 500), 1]);
});

test("an export ends at what the journal held at its beginning, and at once when it is aborted", async () => {
  const accountId = "aborted";
  await shared.create(accountId);
  for (let count = 0; count < 33; count++)
    await shared.credit(accountId, 1n, { memo: `{"d":"${"x".repeat(130_000)}"}` });
  const seen: number[] = [];
  for await (const { transactions } of log.export(accountId, any, 0, never)) {
    seen.push(...sequencesOf(transactions));
    await shared.credit(accountId, 1n);
  }
  assert.equal(seen.at(-1), 34);
  const abort = new AbortController();
  const exported = log.export(accountId, any, 0, abort.signal);
  await exported.next();
  abort.abort(new Error("the caller left"));
  await assert.rejects(exported.next(), /the caller left/);
});

test("a transaction and every list tell what was refunded of it", async () => {
  const accountId = "refunded";
  await shared.create(accountId);
  await shared.credit(accountId, 100n);
  const { transaction } = await shared.charge(accountId, 40n);
  const refunded = async () => [
    (await log.get(transaction.transactionId)).transaction.refundedAtoms,
    (await log.list(accountId, any, { oldestFirst: false, pageSize: 1, position: undefined })).transactions[0]
      ?.refundedAtoms,
  ];
  assert.deepEqual(await refunded(), [0n, 0n]);
  await shared.command("HSET", accountKeys(accountId).refunds, String(transaction.sequence), "15");
  assert.deepEqual(await refunded(), [15n, 15n]);
});

test("what does not exist is said", async () => {
  await assert.rejects(log.list("nobody", any, { oldestFirst: false, pageSize: 1, position: undefined }), {
    reason: "ACCOUNT_NOT_FOUND",
  });
  await assert.rejects(log.export("nobody", any, 0, never).next(), { reason: "ACCOUNT_NOT_FOUND" });
  for (const id of ["", "txn_1_", "txn_1_bm9ib2R5"])
    await assert.rejects(log.get(id), { reason: "TRANSACTION_NOT_FOUND" }, id);
});

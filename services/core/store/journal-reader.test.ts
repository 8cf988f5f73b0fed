import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { createAccountCall } from "./calls/create-account.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { type EntryArchive, JournalReader, mostEntriesPerRead } from "./journal-reader.ts";
import { accountKeys } from "./keys.ts";
import { FunctionRefusal, LedgerFault } from "./store-fault.ts";
import { startTestStore, type TestStore } from "./testing/test-store.ts";

let shared: TestStore;
before(async () => {
  shared = await startTestStore();
});
after(() => shared.stop());

const separator = "\u001f";
/** An entry without movements, as text; `memo` makes it large. */
const entryText = (sequence: number, timeMs: number, memo = "") =>
  ["1", sequence, timeMs, "U", 0, 0, 0, 0, 0, 0, "", "", memo].join(separator);

/** Puts a journal in place of an account's own one; entries up to `base` go to the archive that is returned. */
async function plantJournal(accountId: string, times: readonly number[], base = 0, memo = "") {
  const keys = accountKeys(accountId);
  await shared.store.run(
    createAccountCall({
      accountId,
      currencyCode: "USD",
      ledgerScale: 2,
      creditLimitAtoms: 0n,
      digest: Buffer.alloc(16),
      settings: "",
    }),
  );
  const texts = times.map((timeMs, index) => entryText(index + 1, timeMs, memo));
  await shared.command("DEL", keys.journal);
  for (let start = base; start < texts.length; start += 1_000)
    await shared.command("RPUSH", keys.journal, ...texts.slice(start, start + 1_000));
  await shared.command("HSET", keys.account, "q", String(texts.length), "b", String(base));
  return archiveOf(times.slice(0, base));
}

function archiveOf(times: readonly number[]): EntryArchive {
  return {
    readEntries: async (_accountId, { fromSequence, toSequence }) => {
      assert.ok(fromSequence >= 1 && toSequence <= times.length && fromSequence <= toSequence);
      return times
        .slice(fromSequence - 1, toSequence)
        .map((timeMs, index) => ({ sequence: fromSequence + index, timeMs }) as JournalEntry);
    },
  };
}

const sequencesOf = (entries: readonly JournalEntry[]) => entries.map(({ sequence }) => sequence);
const span = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

test("a range is read in connected parts from either end, online or archived", async () => {
  const archive = await plantJournal("parts", span(1, 1_700), 600);
  const reader = new JournalReader(shared.store, archive);
  const cases: Array<[from: number, to: number, newestFirst: boolean, expected: number[]]> = [
    [1_001, 1_700, false, span(1_001, 1_500)],
    [1_001, 1_700, true, span(1_201, 1_700)],
    [601, 700, false, span(601, 700)],
    [1_690, 9_999, true, span(1_690, 1_700)],
    [1_690, 9_999, false, span(1_690, 1_700)],
    [500, 700, false, span(500, 600)],
    [500, 700, true, span(601, 700)],
    [1, 600, true, span(101, 600)],
    [0, 600, false, span(1, 500)],
    [7, 7, false, [7]],
    [1_701, 1_800, false, []],
    [10, 9, true, []],
  ];
  for (const [fromSequence, toSequence, newestFirst, expected] of cases) {
    const { head, entries } = await reader.readEntries("parts", { fromSequence, toSequence, newestFirst });
    assert.deepEqual(sequencesOf(entries), expected, `${fromSequence} to ${toSequence}, ${newestFirst}`);
    assert.deepEqual([head.sequence, head.base, head.currencyCode, head.ledgerScale], [1_700, 600, "USD", 2]);
  }
  assert.equal((await reader.readHead("parts")).sequence, 1_700);
});

test("large entries come few at a time, so that no reading is without bound", async () => {
  await plantJournal("large", span(1, 100), 0, "x".repeat(100_000));
  const reader = new JournalReader(shared.store);
  for (const newestFirst of [false, true]) {
    const range = { fromSequence: 1, toSequence: 100, newestFirst };
    const { entries } = await reader.readEntries("large", range);
    assert.deepEqual(sequencesOf(entries), newestFirst ? span(91, 100) : span(1, 10));
  }
});

test("a time is found in the journal as by looking at every entry", async () => {
  let number = 0;
  const journals = fc.record({
    times: fc
      .array(fc.integer({ min: 1_000, max: 1_040 }), { minLength: 1, maxLength: 40 })
      .map((times) => times.sort((a, b) => a - b)),
    archived: fc.double({ min: 0, max: 0.99, noNaN: true }),
    timeMs: fc.integer({ min: 990, max: 1_050 }),
  });
  await fc.assert(
    fc.asyncProperty(journals, async ({ times, archived, timeMs }) => {
      const accountId = `time-${++number}`;
      const archive = await plantJournal(accountId, times, Math.floor(times.length * archived));
      const found = await new JournalReader(shared.store, archive).findLastBefore(accountId, timeMs);
      assert.equal(found, times.filter((each) => each < timeMs).length);
    }),
    { numRuns: 100 },
  );
});

test("what can't be read is said: no account, no archive, a journal that is too short", async () => {
  const range = { fromSequence: 1, toSequence: 5, newestFirst: false };
  const reader = new JournalReader(shared.store);
  await assert.rejects(reader.readEntries("nobody", range), (error) => {
    assert.ok(error instanceof FunctionRefusal);
    return error.reason === "ACCOUNT_NOT_FOUND";
  });
  await assert.rejects(reader.findLastBefore("nobody", 0), FunctionRefusal);
  await plantJournal("archived", span(1, 10), 5);
  await assert.rejects(reader.readEntries("archived", range), LedgerFault);
  await plantJournal("short", span(1, 10));
  await shared.command("RPOP", accountKeys("short").journal);
  await assert.rejects(
    reader.readEntries("short", { ...range, toSequence: mostEntriesPerRead }),
    /LEDGER_CORRUPT/,
  );
});

import assert from "node:assert/strict";
import { decodeEntry, type JournalEntry } from "../journal-entry.ts";
import { accountKeys } from "../keys.ts";
import type { TestStore } from "./test-store.ts";

/** Columns of an account in the order available, reserved, funded, spent, expired. */
export type ColumnTuple = readonly [bigint, bigint, bigint, bigint, bigint];

/** What an account holds, read straight from its keys. */
export interface AuditedAccount {
  readonly columns: ColumnTuple;
  readonly sequence: number;
  readonly entries: readonly JournalEntry[];
  /** Remaining amounts of open holds by `<sequence>.<day>`. */
  readonly openHolds: ReadonlyMap<string, bigint>;
}

/** Reads an account and asserts everything that must always be true of it. */
export async function auditAccount(test: TestStore, accountId: string): Promise<AuditedAccount> {
  const keys = accountKeys(accountId);
  const names = ["q", "a", "r", "f", "s", "x"];
  const [stored, journal, holds, index, outbox] = await Promise.all([
    test.command<string[]>("HMGET", keys.account, ...names),
    test.command<string[]>("LRANGE", keys.journal, "0", "-1"),
    test.command<Record<string, string>>("HGETALL", keys.openHolds),
    test.command<[string, number][]>("ZRANGE", keys.expiryIndex, "0", "-1", "WITHSCORES"),
    test.command<[string, string[]][]>("XRANGE", keys.outbox, "-", "+"),
  ]);
  const sequence = Number(stored[0]);
  const columns = stored.slice(1).map(BigInt) as unknown as ColumnTuple;
  const entries = journal.map(decodeEntry);
  assertJournal(entries, sequence, columns);
  const openHolds = readOpenHolds(holds);
  assert.equal(sum([...openHolds.values()]), columns[1], "reserved = Σ open holds");
  assertIndex(holds, index, accountId);
  const published = outbox.map(([, fields]) => fields).filter((fields) => fields[1] === accountId);
  assert.deepEqual(
    published.map((fields) => fields[5]),
    journal,
    "the outbox carries every entry",
  );
  return { columns, sequence, entries, openHolds };
}

function assertJournal(entries: readonly JournalEntry[], sequence: number, columns: ColumnTuple): void {
  assert.deepEqual(
    entries.map((entry) => entry.sequence),
    Array.from({ length: sequence }, (_, index) => index + 1),
    "gapless sequence",
  );
  const folded = { available: 0n, reserved: 0n, spent: 0n, expired: 0n, external: 0n };
  let timeMs = 0;
  for (const { legs, columns: after, timeMs: entryTimeMs } of entries) {
    assert.equal(sum(legs.map((leg) => leg.amountAtoms)), 0n, "legs sum to zero");
    for (const leg of legs) folded[leg.column] += leg.amountAtoms;
    const { availableAtoms, reservedAtoms, fundedAtoms, spentAtoms, expiredAtoms } = after;
    assert.deepEqual(
      [availableAtoms, reservedAtoms, fundedAtoms, spentAtoms, expiredAtoms],
      [folded.available, folded.reserved, -folded.external, folded.spent, folded.expired],
      "the columns of an entry are the sums of all legs so far",
    );
    assert.equal(fundedAtoms, availableAtoms + reservedAtoms + spentAtoms + expiredAtoms);
    assert.ok(entryTimeMs >= timeMs, "time never goes back");
    timeMs = entryTimeMs;
  }
  const last = entries.at(-1)?.columns;
  assert.deepEqual(columns, [
    last?.availableAtoms,
    last?.reservedAtoms,
    last?.fundedAtoms,
    last?.spentAtoms,
    last?.expiredAtoms,
  ]);
}

function readOpenHolds(records: Readonly<Record<string, string>>): Map<string, bigint> {
  const holds = Object.entries(records).map(([field, record]) => {
    const [state, , remaining] = record.split(",");
    assert.equal(state, "H", "only held holds are open");
    return [field, BigInt(remaining!)] as const;
  });
  return new Map(holds);
}

function assertIndex(
  records: Readonly<Record<string, string>>,
  index: ReadonlyArray<readonly [member: string, score: number]>,
  accountId: string,
): void {
  const expected = Object.entries(records).map(([field, record]) => [
    `h:${field.replace(".", ":")}:${accountId}`,
    Number(record.split(",")[5]),
  ]);
  assert.deepEqual(
    new Map(index.filter(([member]) => member.endsWith(`:${accountId}`))),
    new Map(expected as [string, number][]),
    "the expiry index lists exactly the open holds",
  );
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

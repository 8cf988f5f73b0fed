import assert from "node:assert/strict";
import { decodeGrant, type GrantRecord } from "../grant-record.ts";
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
  /** All grants, also those with nothing left, by their sequence. */
  readonly grants: ReadonlyMap<number, GrantRecord>;
}

/** Reads an account and asserts everything that must always be true of it. */
export async function auditAccount(test: TestStore, accountId: string): Promise<AuditedAccount> {
  const keys = accountKeys(accountId);
  const names = ["q", "a", "r", "f", "s", "x"];
  const [stored, journal, holds, index, outbox, active, references] = await Promise.all([
    test.command<string[]>("HMGET", keys.account, ...names),
    test.command<string[]>("LRANGE", keys.journal, "0", "-1"),
    test.command<Record<string, string>>("HGETALL", keys.openHolds),
    test.command<[string, number][]>("ZRANGE", keys.expiryIndex, "0", "-1", "WITHSCORES"),
    test.command<[string, string[]][]>("XRANGE", keys.outbox, "-", "+"),
    test.command<Record<string, string>>("HGETALL", keys.grants),
    test.command<Record<string, string>>("HGETALL", keys.references),
  ]);
  const sequence = Number(stored[0]);
  const columns = stored.slice(1).map(BigInt) as unknown as ColumnTuple;
  const entries = journal.map(decodeEntry);
  assertJournal(entries, sequence, columns);
  const openHolds = readOpenHolds(holds);
  assert.equal(sum([...openHolds.values()]), columns[1], "reserved = Σ open holds");
  const grants = readGrants(active, references);
  assertGrants(entries, grants, holds);
  const members = new Map(index.filter(([member]) => member.endsWith(`:${accountId}`)));
  assertHoldIndex(holds, members, accountId);
  assertGrantIndex(grants, members, accountId);
  const published = outbox.map(([, fields]) => fields).filter((fields) => fields[1] === accountId);
  assert.deepEqual(
    published.map((fields) => fields[5]),
    journal,
    "the outbox carries every entry",
  );
  return { columns, sequence, entries, openHolds, grants };
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

function readGrants(
  active: Readonly<Record<string, string>>,
  references: Readonly<Record<string, string>>,
): Map<number, GrantRecord> {
  const left = Object.entries(active).map(([field, text]) => decodeGrant(field, text));
  const used = Object.entries(references)
    .filter(([field]) => field.startsWith("g:"))
    .map(([field, text]) => decodeGrant(field.slice(2), text));
  assert.ok(left.length <= 64, "at most 64 active grants");
  for (const grant of left) assert.ok(grant.remainingAtoms > 0n, "an active grant has something left");
  for (const grant of used) assert.equal(grant.remainingAtoms, 0n, "a kept grant has nothing left");
  const grants = new Map([...left, ...used].map((grant) => [grant.sequence, grant]));
  assert.equal(grants.size, left.length + used.length, "a grant stands in one place");
  return grants;
}

/** The records are what the legs say, and holds have exactly what is earmarked. */
function assertGrants(
  entries: readonly JournalEntry[],
  grants: ReadonlyMap<number, GrantRecord>,
  holds: Readonly<Record<string, string>>,
): void {
  const earmarked = new Map<number, bigint>();
  for (const record of Object.values(holds)) {
    for (const [, sequence, amount] of (record.split("\u001f")[1] ?? "").matchAll(/(\d+):(\d+)/g))
      earmarked.set(Number(sequence), (earmarked.get(Number(sequence)) ?? 0n) + BigInt(amount!));
  }
  const legs = entries
    .flatMap((entry) => entry.legs)
    .filter(({ grantSequence }) => grantSequence !== undefined);
  for (const { grantSequence } of legs) assert.ok(grants.has(grantSequence!), "a grant in legs is known");
  let freeAtoms = 0n;
  for (const [sequence, grant] of grants) {
    const own = legs.filter(({ grantSequence }) => grantSequence === sequence);
    const folded = (columns: readonly string[]) =>
      sum(own.filter(({ column }) => columns.includes(column)).map(({ amountAtoms }) => amountAtoms));
    const { kind, remainingAtoms, earmarkedAtoms, expiredAtoms } = grant;
    assert.deepEqual(
      [remainingAtoms, earmarkedAtoms, expiredAtoms],
      [folded(["available", "reserved"]), folded(["reserved"]), folded(["expired"])],
      "a grant is what its legs say",
    );
    assert.ok(own.every((leg) => leg.kind === kind));
    assert.equal(earmarkedAtoms, earmarked.get(sequence) ?? 0n, "holds have what is earmarked");
    assert.ok(remainingAtoms >= earmarkedAtoms && remainingAtoms <= grant.amountAtoms && expiredAtoms >= 0n);
    freeAtoms += remainingAtoms - earmarkedAtoms;
  }
  const last = entries.at(-1)?.columns;
  const remaining = sum([...grants.values()].map(({ remainingAtoms }) => remainingAtoms));
  const plain = (last?.availableAtoms ?? 0n) + (last?.reservedAtoms ?? 0n) - remaining;
  assert.ok(plain >= 0n || freeAtoms === 0n, "no plain debt while a grant is free");
}

function assertHoldIndex(
  records: Readonly<Record<string, string>>,
  members: ReadonlyMap<string, number>,
  accountId: string,
): void {
  const expected = Object.entries(records).map(([field, record]) => [
    `h:${field.replace(".", ":")}:${accountId}`,
    Number(record.split(",")[5]),
  ]);
  assert.deepEqual(
    new Map([...members].filter(([member]) => member.startsWith("h:"))),
    new Map(expected as [string, number][]),
    "the expiry index lists exactly the open holds",
  );
}

/** A grant that is over may be left out, once only holds have something of it. */
function assertGrantIndex(
  grants: ReadonlyMap<number, GrantRecord>,
  members: ReadonlyMap<string, number>,
  accountId: string,
): void {
  for (const { sequence, expiresMs, remainingAtoms, earmarkedAtoms } of grants.values()) {
    const score = members.get(`g:${sequence}:${accountId}`);
    const ends = expiresMs !== undefined && remainingAtoms > 0n;
    if (!ends) assert.equal(score, undefined, "what does not expire is not in the expiry index");
    else if (remainingAtoms > earmarkedAtoms || score !== undefined) assert.equal(score, expiresMs);
  }
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

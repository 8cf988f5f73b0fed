import type { RecordHash, StoredRecord } from "../../store/calls/scan-records.ts";
import { decodeGrant, type GrantRecord } from "../../store/grant-record.ts";
import { decodeHold } from "../../store/hold-record.ts";
import type { FaultNotes } from "./fault-list.ts";
import type { FoldedGrant } from "./grant-fold.ts";
import type { FoldedHold } from "./hold-fold.ts";
import type { FoldedQuote, JournalFold } from "./journal-fold.ts";

const separator = "\u001f";

/** All records of one hash at one moment, by field. */
export type Records = ReadonlyMap<string, StoredRecord>;

/** `readAtMs` is a time of the server's clock when the records had been read. */
type Comparison = (fold: JournalFold, records: Records, hash: RecordHash, readAtMs: number) => void;

/** How each hash that is kept beside the journal is compared with the fold at the same sequence. */
export const compareRecords: Readonly<Record<RecordHash["name"], Comparison>> = {
  openHolds: compareOpenHolds,
  settledHolds: compareSettledHolds,
  grants: compareGrants,
  references: compareReferences,
  refunds: compareRefunds,
};

function compareOpenHolds(fold: JournalFold, records: Records): void {
  const expected = new Map(
    [...fold.holds.values()]
      .filter(({ snapshot }) => snapshot.state === "HELD")
      .map((hold) => [`${hold.snapshot.sequence}.${hold.snapshot.day}`, hold]),
  );
  const faults = fold.faults.of("holds");
  for (const [field, hold] of expected) {
    const record = records.get(field);
    compareHold(faults, `open hold ${field}`, hold, record);
    if (record !== undefined)
      faults.compare(
        0,
        `expiry index of hold ${field}`,
        hold.snapshot.expiresMs,
        record.expiresMs ?? "missing",
      );
  }
  reportStrangers(faults, "open hold", expected, records);
}

function compareSettledHolds(fold: JournalFold, records: Records, hash: RecordHash): void {
  const expected = new Map(
    [...fold.holds.values()]
      .filter(
        ({ snapshot }) =>
          snapshot.state !== "HELD" && hash.name === "settledHolds" && snapshot.day === hash.day,
      )
      .map((hold) => [String(hold.snapshot.sequence), hold]),
  );
  const faults = fold.faults.of("holds");
  for (const [field, hold] of expected)
    compareHold(faults, `settled hold ${field}`, hold, records.get(field));
  // Those that were made before the fold began may have been settled before it, too.
  const since = new Map([...records].filter(([field]) => !(Number(field) <= fold.base)));
  reportStrangers(faults, "settled hold", expected, since);
}

function compareHold(
  faults: FaultNotes,
  subject: string,
  { snapshot, allocation }: FoldedHold,
  record: StoredRecord | undefined,
): void {
  if (record === undefined) {
    faults.add(0, subject, snapshot.state, "missing");
    return;
  }
  const [head = "", earmarked = ""] = record.text.split(separator);
  const place = `${snapshot.sequence}.${snapshot.day}`;
  const found = readOr(() => decodeHold(`${place},${head}`));
  if (found === undefined) {
    faults.add(0, subject, "a hold", "something that can't be read");
    return;
  }
  for (const [name, value] of Object.entries(snapshot))
    faults.compare(0, `${subject} ${name}`, value, found[name as keyof typeof found]);
  const vector = [...allocation].map(([grant, amount]) => `${grant}:${amount}`);
  const stored = earmarked === "" ? [] : earmarked.split(",");
  faults.compare(0, `${subject} allocation`, vector.sort().join(","), stored.sort().join(","));
}

function compareGrants(fold: JournalFold, records: Records, _hash: RecordHash, readAtMs: number): void {
  const active = [...fold.grants.values()].filter(({ remainingAtoms }) => remainingAtoms !== 0n);
  const expected = new Map(active.map((grant) => [String(grant.sequence), grant]));
  const faults = fold.faults.of("grants");
  for (const [field, grant] of expected) {
    const record = records.get(field);
    const stored = compareGrant(faults, `grant ${field}`, grant, record);
    if (stored?.expiresMs === undefined) continue;
    // Once it is due, what is left is earmarked and expires when it is released. The sweeper takes it out of the
    // index without an entry.
    const isDue = stored.expiresMs <= Math.max(fold.timeMs, readAtMs);
    const mayBeAbsent = isDue && grant.remainingAtoms === grant.earmarkedAtoms;
    if (record?.expiresMs !== undefined || !mayBeAbsent)
      faults.compare(0, `expiry index of grant ${field}`, stored.expiresMs, record?.expiresMs ?? "missing");
  }
  reportStrangers(faults, "grant", expected, records);
}

function compareGrant(
  faults: FaultNotes,
  subject: string,
  grant: FoldedGrant,
  record: StoredRecord | undefined,
): GrantRecord | undefined {
  if (record === undefined) {
    faults.add(0, subject, `${grant.remainingAtoms} remaining`, "missing");
    return undefined;
  }
  const found = readOr(() => decodeGrant(String(grant.sequence), record.text));
  if (found === undefined) {
    faults.add(0, subject, "a grant", "something that can't be read");
    return undefined;
  }
  faults.compare(0, `${subject} kind`, grant.kind, found.kind);
  faults.compare(0, `${subject} remaining`, grant.remainingAtoms, found.remainingAtoms);
  faults.compare(0, `${subject} earmarked`, grant.earmarkedAtoms, found.earmarkedAtoms);
  // Of one that was finished before the fold began only a part is known.
  if (grant.amountAtoms === undefined) return found;
  faults.compare(0, `${subject} amount`, grant.amountAtoms, found.amountAtoms);
  faults.compare(0, `${subject} expired`, grant.expiredAtoms, found.expiredAtoms);
  return found;
}

/** Credits by external reference, finished grants and used quotes, which are kept in the same hash. */
function compareReferences(fold: JournalFold, records: Records): void {
  const { base } = fold;
  const faults = fold.faults.of("references");
  const expected = new Map<string, unknown>();
  for (const [sequence, { source, reference, creditedAtoms }] of fold.credits) {
    const field = `c:${source}:${reference}`;
    expected.set(field, sequence);
    const record = records.get(field);
    if (record === undefined) {
      faults.add(0, `reference ${source}:${reference}`, `transaction ${sequence}`, "missing");
      continue;
    }
    const [number, credited, , , reversed] = record.text.split(separator);
    faults.compare(0, `reference ${source}:${reference} transaction`, sequence, number);
    faults.compare(0, `reference ${source}:${reference} credited`, creditedAtoms, credited);
    faults.compare(
      0,
      `reference ${source}:${reference} reversed`,
      fold.reversals.get(sequence) ?? 0n,
      reversed,
    );
  }
  for (const grant of fold.grants.values()) {
    if (grant.remainingAtoms !== 0n) continue;
    const field = `g:${grant.sequence}`;
    expected.set(field, grant);
    compareGrant(fold.faults.of("grants"), `finished grant ${grant.sequence}`, grant, records.get(field));
  }
  for (const [quoteId, quote] of fold.quotes) {
    expected.set(`q:${quoteId}`, quote);
    compareQuote(faults, `quote ${quoteId}`, quote, records.get(`q:${quoteId}`), base);
  }
  const since = new Map([...records].filter(([field, { text }]) => belongsToFold(field, text, base)));
  reportStrangers(faults, "reference", expected, since);
}

function compareQuote(
  faults: FaultNotes,
  subject: string,
  { uses, first }: FoldedQuote,
  record: StoredRecord | undefined,
  base: number,
): void {
  if (record === undefined) {
    faults.add(0, subject, `${uses} uses`, "missing");
    return;
  }
  const [stored, storedFirst] = record.text.split(",");
  // How often it was used before the fold began is not known here.
  if (Number(storedFirst) <= base && Number(stored) > uses) return;
  faults.compare(0, `${subject} uses`, uses, stored);
  faults.compare(0, `${subject} first used by`, first, storedFirst);
}

/** Whether the fold has read the entry that a record of external references names. */
function belongsToFold(field: string, text: string, base: number): boolean {
  const sequences = { "c:": text.split(separator)[0], "g:": field.slice(2), "q:": text.split(",")[1] };
  const named = sequences[field.slice(0, 2) as keyof typeof sequences];
  return named !== undefined && !(Number(named) <= base);
}

function compareRefunds(fold: JournalFold, records: Records): void {
  const { refunds, base } = fold;
  const faults = fold.faults.of("references");
  for (const [sequence, atoms] of refunds) {
    const found = records.get(String(sequence))?.text ?? "missing";
    // What was refunded of an archived transaction before the fold began is not known here.
    if (sequence > base) faults.compare(0, `refunded of ${sequence}`, atoms, found);
    else if (!/^\d+$/.test(found) || BigInt(found) < atoms)
      faults.add(0, `refunded of ${sequence}`, `${atoms} or more`, found);
  }
  const since = new Map([...records].filter(([field]) => !(Number(field) <= base)));
  reportStrangers(
    faults,
    "refunded of",
    new Map([...refunds].map(([key, atoms]) => [String(key), atoms])),
    since,
  );
}

function reportStrangers(
  faults: FaultNotes,
  subject: string,
  expected: ReadonlyMap<string, unknown>,
  records: Records,
): void {
  for (const field of records.keys()) {
    if (!expected.has(field)) faults.add(0, `${subject} ${field}`, "nothing", "a record without an entry");
  }
}

function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * The ledger's events as they stand in the outboxes: the stream `{tag}:o` of each bucket, fields `a` account, `q`
 * sequence, `e` the journal entry. docs/ledger.md states the streams; an entry's fields, joined by the separator
 * U+001F, are:
 *
 *     1 format "1"    4 type, one letter     11 legs               17 uncollected
 *     2 sequence      5 available            14 hold after it
 *     3 time, ms      6 reserved             15 source
 *                    10 credit limit
 *
 * Legs are joined by ";": column letter, signed atoms and, unless it is plain purchased balance, the kind with the
 * sequence of its grant. Positions that are not listed matter to nobody who counts.
 */

/** An event as its text says, in atoms of the account. */
export interface OutboxEntry {
  readonly accountId: string;
  readonly sequence: number;
  readonly timeMs: number;
  /** Letter of the type. */
  readonly type: string;
  readonly availableAtoms: bigint;
  readonly reservedAtoms: bigint;
  readonly creditLimitAtoms: bigint;
  readonly legs: readonly OutboxLeg[];
  /** State of the hold after it and what settled it, one letter each; undefined without a hold. */
  readonly hold: { readonly state: string; readonly settledBy: string } | undefined;
  readonly source: string;
  readonly uncollectedAtoms: bigint;
}

/** One side of a movement. */
export interface OutboxLeg {
  /** `e` external, `a` available, `r` reserved, `s` spent, `x` expired. */
  readonly column: string;
  readonly amountAtoms: bigint;
  /** `P` purchased, `M` promotional. */
  readonly kind: string;
}

const separator = "\u001f";
const legPattern = /^([earsx])(-?\d+)([PM]?)\d*$/;
/** `<sequence>.<day>,<state>,<5 numbers>,<action>,<settler>,…` */
const holdPattern = /^\d+\.\d+,([HCRE]),(?:\d+,){5}[RC],([CREL]?),/;

/**
 * Reads one entry of an outbox.
 *
 * @throws TypeError if it has a form that this version does not know.
 */
export function decodeOutboxEntry(accountId: string, text: string): OutboxEntry {
  const fields = text.split(separator);
  if (fields[0] !== "1" || fields.length < 10) throw new TypeError("an outbox entry has an unknown form");
  const hold = fields[13] ?? "";
  const legs = fields[10] ?? "";
  return {
    accountId,
    sequence: readCount("sequence", fields[1]!),
    timeMs: readCount("time", fields[2]!),
    type: fields[3]!,
    availableAtoms: readAtoms("available", fields[4]!),
    reservedAtoms: readAtoms("reserved", fields[5]!),
    creditLimitAtoms: readAtoms("credit limit", fields[9]!),
    legs: legs === "" ? [] : legs.split(";").map(decodeLeg),
    hold: hold === "" ? undefined : decodeHold(hold),
    source: fields[14] ?? "",
    uncollectedAtoms: readAtoms("uncollected", fields[16] || "0"),
  };
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count))
    throw new TypeError(`the ${name} of an outbox entry is no whole number`);
  return count;
}

function readAtoms(name: string, text: string): bigint {
  if (!/^-?\d+$/.test(text))
    throw new TypeError(`the ${name} of an outbox entry is no whole number of atoms`);
  return BigInt(text);
}

function decodeLeg(text: string): OutboxLeg {
  const match = legPattern.exec(text);
  if (match === null) throw new TypeError("a leg of an outbox entry has an unknown form");
  return { column: match[1]!, amountAtoms: BigInt(match[2]!), kind: match[3] || "P" };
}

function decodeHold(text: string): { state: string; settledBy: string } {
  const match = holdPattern.exec(text);
  if (match === null) throw new TypeError("a hold in an outbox entry has an unknown form");
  return { state: match[1]!, settledBy: match[2]! };
}

import { decodeOutboxEntry } from "../../store/intake/outbox-entry.ts";
import type { OutboxRead } from "../../store/intake/outboxes.ts";
import { type LedgerEvent, toLedgerEvent } from "./ledger-event.ts";

/** Events per write: bounds how long one keeps Redis busy. */
const eventsPerWrite = 1_000;

/** An entry of a bucket's outbox. */
export interface SlicedEntry {
  readonly bucket: number;
  readonly id: string;
  readonly accountId: string;
  readonly text: string;
}

/** Entries that are counted in one write, and the cursors after them. */
export interface Slice {
  readonly entries: readonly SlicedEntry[];
  readonly cursors: ReadonlyMap<number, string>;
}

/** An entry that tells of no event that this version knows. */
export interface FaultyEntry {
  readonly entry: SlicedEntry;
  readonly reason: string;
}

/** Parts what was read into writes; a bucket's entries stay together. */
export function slicesOf(reads: readonly OutboxRead[]): Slice[] {
  const slices: Slice[] = [];
  let entries: SlicedEntry[] = [];
  let cursors = new Map<number, string>();
  for (const { bucket, entries: own } of reads) {
    if (entries.length > 0 && entries.length + own.length > eventsPerWrite) {
      slices.push({ entries, cursors });
      entries = [];
      cursors = new Map();
    }
    entries.push(...own.map((entry) => ({ bucket, ...entry })));
    cursors.set(bucket, own.at(-1)!.id);
  }
  if (entries.length > 0) slices.push({ entries, cursors });
  return slices;
}

/** The events that the entries of a slice tell of, and the entries that tell of none. */
export function readSlice({ entries }: Slice): { events: LedgerEvent[]; faulty: FaultyEntry[] } {
  const events: LedgerEvent[] = [];
  const faulty: FaultyEntry[] = [];
  for (const entry of entries) {
    try {
      events.push(toLedgerEvent(decodeOutboxEntry(entry.accountId, entry.text)));
    } catch (error) {
      faulty.push({ entry, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { events, faulty };
}

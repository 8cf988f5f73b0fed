import { readGrantsCall } from "../store/calls/read-grants.ts";
import type { GrantRecord } from "../store/grant-record.ts";
import type { JournalEntry } from "../store/journal-entry.ts";
import { type JournalReader, mostEntriesPerRead } from "../store/journal-reader.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { CoreError } from "./core-error.ts";
import type { GrantAmounts } from "./grant.ts";
import { translateRefusals } from "./translate-refusals.ts";

/** Entries read to tell the grants of one past time; what lies deeper in both directions is refused. */
const mostFolded = 100_000;

/** What is known of the present. */
interface Present {
  readonly sequence: number;
  readonly grants: readonly GrantRecord[];
}

/**
 * Tells the grants after a past entry from the legs of the journal, which name them: from the beginning on, or
 * from the present back, whichever is nearer.
 */
export class GrantHistory {
  readonly #store: LedgerStore;
  readonly #journal: JournalReader;

  constructor(store: LedgerStore, journal: JournalReader) {
    this.#store = store;
    this.#journal = journal;
  }

  /** Grants with something left after the entry. TIME_OUT_OF_RANGE if it would take reading too much. */
  async after(accountId: string, sequence: number, present: Present): Promise<readonly GrantRecord[]> {
    const undone = present.sequence - sequence;
    if (Math.min(undone, sequence) > mostFolded) {
      throw new CoreError(
        "TIME_OUT_OF_RANGE",
        `as_of: its grants are more than ${mostFolded} journal entries away from the present and the beginning`,
      );
    }
    const amounts =
      undone <= sequence
        ? await this.#fold(accountId, sequence + 1, present.sequence, -1n, present.grants)
        : await this.#fold(accountId, 1, sequence, 1n, []);
    const active = [...amounts].filter(([, { remainingAtoms }]) => remainingAtoms !== 0n);
    return this.#describe(accountId, new Map(active));
  }

  async #fold(
    accountId: string,
    first: number,
    last: number,
    sign: bigint,
    start: readonly GrantRecord[],
  ): Promise<Map<number, GrantAmounts>> {
    const amounts = new Map<number, GrantAmounts>(start.map((grant) => [grant.sequence, grant]));
    for (let next = first; next <= last; ) {
      const range = { fromSequence: next, toSequence: last, newestFirst: false };
      const { entries } = await translateRefusals(accountId, this.#journal.readEntries(accountId, range));
      for (const entry of entries) applyLegs(amounts, entry, sign);
      next = (entries.at(-1)?.sequence ?? last) + 1;
    }
    return amounts;
  }

  /** Kind, priority, times and size never change, so those of now are those of then. */
  async #describe(accountId: string, active: ReadonlyMap<number, GrantAmounts>): Promise<GrantRecord[]> {
    const sequences = [...active.keys()];
    const described: GrantRecord[] = [];
    for (let start = 0; start < sequences.length; start += mostEntriesPerRead) {
      const part = sequences.slice(start, start + mostEntriesPerRead);
      const records = await translateRefusals(accountId, this.#store.run(readGrantsCall(accountId, part)));
      for (const record of records) {
        const { remainingAtoms, earmarkedAtoms } = active.get(record.sequence)!;
        described.push({ ...record, remainingAtoms, earmarkedAtoms });
      }
    }
    return described;
  }
}

/** Remaining is the sum of a grant's legs on available and reserved, earmarked that on reserved. */
function applyLegs(amounts: Map<number, GrantAmounts>, { legs }: JournalEntry, sign: bigint): void {
  for (const { column, amountAtoms, grantSequence } of legs) {
    if (grantSequence === undefined || (column !== "available" && column !== "reserved")) continue;
    const { remainingAtoms, earmarkedAtoms } = amounts.get(grantSequence) ?? nothing;
    amounts.set(grantSequence, {
      remainingAtoms: remainingAtoms + sign * amountAtoms,
      earmarkedAtoms: earmarkedAtoms + (column === "reserved" ? sign * amountAtoms : 0n),
    });
  }
}

const nothing: GrantAmounts = { remainingAtoms: 0n, earmarkedAtoms: 0n };

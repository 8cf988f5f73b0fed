import type { AccountFacts } from "./account-state.ts";
import type { LedgerEvent } from "./ledger-event.ts";

/** What the intake asks Core for. */
export interface LedgerJournal {
  /** Currency, scale and thresholds as they are now; undefined if there is no such account. */
  readFacts(accountId: string): Promise<AccountFacts | undefined>;
  /** The account's events after a sequence, oldest first, in parts. */
  readEvents(
    accountId: string,
    afterSequence: number,
    facts: AccountFacts,
    signal: AbortSignal,
  ): AsyncIterable<readonly LedgerEvent[]>;
  /** Every account with the sequence of its last event, in parts. */
  listAccounts(
    signal: AbortSignal,
  ): AsyncIterable<ReadonlyArray<{ readonly accountId: string; readonly sequence: number }>>;
}

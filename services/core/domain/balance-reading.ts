import { expireGrantCall } from "../store/calls/expire-grant.ts";
import { type BalanceReply, readBalanceCall } from "../store/calls/read-balance.ts";
import type { FunctionCall } from "../store/function-call.ts";
import type { JournalReader } from "../store/journal-reader.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { type Account, toAccount } from "./account.ts";
import { type Balance, balanceAfter, balanceOf } from "./balance.ts";
import { CoreError } from "./core-error.ts";
import { type Grant, toGrants } from "./grant.ts";
import { GrantHistory } from "./grant-history.ts";
import { translateRefusals } from "./translate-refusals.ts";

/** A balance with everything that belongs to it. */
export interface FullBalance {
  readonly account: Account;
  readonly balance: Balance;
  /** Those with something left, in burn-down order. */
  readonly grants: readonly Grant[];
}

/** Reads balances with their grants, of now and of past times. */
export class BalanceReading {
  readonly #store: LedgerStore;
  readonly #journal: JournalReader;
  readonly #history: GrantHistory;

  constructor(store: LedgerStore, journal: JournalReader) {
    this.#store = store;
    this.#journal = journal;
    this.#history = new GrantHistory(store, journal);
  }

  /** The present balance. ACCOUNT_NOT_FOUND. */
  async now(accountId: string): Promise<FullBalance> {
    const { account, grants } = await this.#read(accountId);
    return {
      account: toAccount(accountId, account),
      balance: balanceOf(accountId, account),
      grants: toGrants(accountId, grants),
    };
  }

  /**
   * The balance after the last entry at or before a time, with the account as it is now. ACCOUNT_NOT_FOUND;
   * TIME_OUT_OF_RANGE before the account's creation and in the future.
   */
  async at(accountId: string, timeMs: number): Promise<FullBalance> {
    const { account, grants, serverTimeMs } = await this.#read(accountId);
    if (timeMs < account.createdMs) throw outOfRange("before the account was created");
    if (timeMs > Math.max(serverTimeMs, account.updatedMs)) throw outOfRange("in the future");
    const present = { sequence: account.sequence, grants };
    const found = await translateRefusals(accountId, this.#journal.findLastBefore(accountId, timeMs + 1));
    // Entries that came since belong to no past.
    const sequence = Math.min(found, account.sequence);
    const range = { fromSequence: sequence, toSequence: sequence, newestFirst: false };
    const { entries } = await translateRefusals(accountId, this.#journal.readEntries(accountId, range));
    const [entry] = entries;
    if (entry === undefined) throw outOfRange("before the first journal entry");
    return {
      account: toAccount(accountId, account),
      balance: balanceAfter(accountId, entry),
      grants: toGrants(accountId, await this.#history.after(accountId, sequence, present)),
    };
  }

  /**
   * The account as it stands, after the expiry of grants whose time is over: what is over is never shown as
   * spendable. Only then it writes, so that balances can be read while the store takes no writes.
   */
  async #read(accountId: string): Promise<BalanceReply> {
    const reply = await this.#run(accountId, readBalanceCall(accountId));
    const due = reply.grants.filter(
      ({ expiresMs, remainingAtoms, earmarkedAtoms }) =>
        expiresMs !== undefined && expiresMs <= reply.serverTimeMs && remainingAtoms > earmarkedAtoms,
    );
    if (due.length === 0) return reply;
    await Promise.all(due.map(({ sequence }) => this.#run(accountId, expireGrantCall(accountId, sequence))));
    return this.#run(accountId, readBalanceCall(accountId));
  }

  #run<T>(accountId: string, call: FunctionCall<T>): Promise<T> {
    return translateRefusals(accountId, this.#store.run(call));
  }
}

function outOfRange(why: string): CoreError {
  return new CoreError("TIME_OUT_OF_RANGE", `as_of: must not be ${why}`);
}

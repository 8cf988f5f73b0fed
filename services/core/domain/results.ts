import type { AccountReply } from "../store/account-record.ts";
import type { PostingReply } from "../store/posting-reply.ts";
import { type Account, toAccount } from "./account.ts";
import { type Balance, balanceAfter, balanceOf } from "./balance.ts";
import { type Reservation, toReservation } from "./reservation.ts";
import { type Transaction, toTransaction } from "./transaction.ts";

/** The unit of all atoms of an account. */
export interface LedgerUnit {
  readonly currencyCode: string;
  readonly ledgerScale: number;
}

/** What an operation answers; a repeated one as the first time. */
export interface PostingResult {
  readonly transaction: Transaction;
  /** The balance after the call. */
  readonly balance: Balance;
  readonly unit: LedgerUnit;
  /** True if this answers a repeated call: nothing was done again. */
  readonly idempotentReplay: boolean;
}

/** What an operation on a hold answers. */
export interface HoldResult extends PostingResult {
  /** The hold after the call. */
  readonly reservation: Reservation;
}

/** What a repeated call was answered; with the hold if it concerned one. */
export interface Replay extends PostingResult {
  readonly reservation: Reservation | undefined;
}

/** An account with its balance. */
export interface AccountResult {
  readonly account: Account;
  readonly balance: Balance;
  /** True if the account was as asked for already: nothing was done. */
  readonly idempotentReplay: boolean;
  /** Time of the Redis server, epoch milliseconds. */
  readonly serverTimeMs: number;
}

/** The unit of a reply's atoms. */
export function toUnit({ currencyCode, ledgerScale }: LedgerUnit): LedgerUnit {
  return { currencyCode, ledgerScale };
}

/** What the caller of an operation gets. */
export function toPostingResult(accountId: string, reply: PostingReply): PostingResult {
  const transaction = toTransaction(accountId, reply.entry);
  const isOwn = reply.balanceEntry === reply.entry;
  return {
    transaction,
    balance: isOwn ? transaction.balanceAfter : balanceAfter(accountId, reply.balanceEntry),
    unit: toUnit(reply),
    idempotentReplay: reply.replayed,
  };
}

/** What the caller of an operation on a hold gets. */
export function toHoldResult(accountId: string, reply: PostingReply): HoldResult {
  const { hold } = reply.entry;
  if (hold === undefined) throw new TypeError("the entry of a hold's operation names no hold");
  // The entry that made a hold keeps its terms, so that they outlive the hold itself.
  const terms = reply.entry.type === "RESERVE" ? reply.entry.terms : reply.terms;
  return { ...toPostingResult(accountId, reply), reservation: toReservation(accountId, hold, terms) };
}

/** What the caller of an account operation gets. */
export function toAccountResult(accountId: string, reply: AccountReply): AccountResult {
  return {
    account: toAccount(accountId, reply.account),
    balance: balanceOf(accountId, reply.account),
    idempotentReplay: reply.unchanged,
    serverTimeMs: reply.serverTimeMs,
  };
}

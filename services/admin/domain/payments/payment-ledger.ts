import type { Decimal } from "#money/decimal.ts";

/** An amount of a currency. */
export interface Amount {
  readonly currencyCode: string;
  /** Exact decimal in the major unit. */
  readonly amount: string;
}

/** What payments need to know of an account. */
export interface LedgerAccount {
  readonly accountId: string;
  readonly currencyCode: string;
  /** Digits that the ledger keeps. */
  readonly ledgerScale: number;
  readonly isClosed: boolean;
  readonly posted: Decimal;
  readonly available: Decimal;
}

/** A posting at Billing Core. */
export interface LedgerPosting {
  readonly transactionId: string;
  /** In the account's currency. */
  readonly amount: string;
  readonly currencyCode: string;
  readonly atMs: number;
}

/** A credit for a payment. */
export interface CreditOrder {
  readonly accountId: string;
  readonly amount: Amount;
  /** One for each payment for ever: a repeat posts nothing and gives the first answer. */
  readonly reference: string;
  readonly paymentId: string;
}

/** How much of a credit is to be taken back in all. */
export interface ReversalOrder {
  readonly accountId: string;
  readonly reference: string;
  readonly total: Amount;
  readonly revision: number;
  readonly reason: string;
}

/** Billing Core as payments use it. Its refusals pass through as they are. */
export interface PaymentLedger {
  /** @throws ServiceError ACCOUNT_NOT_FOUND. */
  account(accountId: string): Promise<LedgerAccount>;
  credit(order: CreditOrder): Promise<LedgerPosting>;
  /** The posting, or undefined if nothing had to change. */
  reverse(order: ReversalOrder): Promise<LedgerPosting | undefined>;
  freeze(accountId: string, reason: string, comment: string): Promise<void>;
  unfreeze(accountId: string, reason: string, comment: string): Promise<void>;
  /** The transaction's amount; undefined if there is none of this id. */
  transactionAmount(transactionId: string): Promise<Decimal | undefined>;
  /** What so much of a currency is in another now, unrounded. */
  convert(amount: Amount, toCurrency: string): Promise<Decimal>;
}

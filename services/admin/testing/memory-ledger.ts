import { Decimal } from "#money/decimal.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { LedgerPosting, PaymentLedger } from "../domain/payments/payment-ledger.ts";

interface Credit {
  readonly accountId: string;
  readonly posting: LedgerPosting;
  readonly sent: string;
  reversed: Decimal;
  revision: number;
}

interface Account {
  readonly currencyCode: string;
  readonly ledgerScale: number;
  isClosed: boolean;
  readonly freezes: Set<string>;
}

/** A Billing Core in memory, as far as payments use it, with the same rules. */
export interface MemoryLedger extends PaymentLedger {
  readonly accounts: Map<string, Account>;
  /** Credits by account and reference. */
  readonly credits: Map<string, Credit>;
  /** Amounts by transaction. */
  readonly transactions: Map<string, Decimal>;
  /** Credits less reversals. */
  netOf(accountId: string): Decimal;
  freezesOf(accountId: string): string[];
  open(accountId: string, currencyCode: string, ledgerScale?: number): void;
  /** The next calls fail with this reason after their effect, as if the answer were lost. */
  loseAnswers(count: number): void;
  /** What a unit of one currency is in another. */
  rate: string;
}

export function createMemoryLedger(): MemoryLedger {
  const accounts: MemoryLedger["accounts"] = new Map();
  const credits: MemoryLedger["credits"] = new Map();
  const transactions = new Map<string, Decimal>();
  let numbers = 0;
  let lost = 0;
  const requireAccount = (accountId: string) => {
    const account = accounts.get(accountId);
    if (account === undefined) throw new ServiceError("ACCOUNT_NOT_FOUND", "there is no such account");
    return account;
  };
  const post = (amount: Decimal, currencyCode: string): LedgerPosting => {
    const transactionId = `txn_${++numbers}`;
    transactions.set(transactionId, amount);
    return { transactionId, amount: amount.toString(), currencyCode, atMs: Date.now() };
  };
  const answer = <T>(value: T): T => {
    if (lost === 0) return value;
    lost -= 1;
    throw new ServiceError("PEER_UNAVAILABLE", "the service core did not answer");
  };
  const netOf = (accountId: string) =>
    [...credits.values()]
      .filter((credit) => credit.accountId === accountId)
      .reduce(
        (sum, { posting, reversed }) => sum.add(Decimal.parse(posting.amount)).subtract(reversed),
        Decimal.zero,
      );
  const ledger: MemoryLedger = {
    accounts,
    credits,
    transactions,
    rate: "2",
    netOf,
    freezesOf: (accountId) => [...requireAccount(accountId).freezes],
    open: (accountId, currencyCode, ledgerScale = 8) =>
      void accounts.set(accountId, { currencyCode, ledgerScale, isClosed: false, freezes: new Set() }),
    loseAnswers: (count) => {
      lost = count;
    },
    async account(accountId) {
      const { currencyCode, ledgerScale, isClosed } = requireAccount(accountId);
      const posted = netOf(accountId);
      return { accountId, currencyCode, ledgerScale, isClosed, posted, available: posted };
    },
    async credit({ accountId, amount, reference }) {
      const account = requireAccount(accountId);
      const key = `${accountId} ${reference}`;
      const sent = `${amount.currencyCode} ${Decimal.parse(amount.amount)}`;
      const known = credits.get(key);
      if (known !== undefined && known.sent !== sent)
        throw new ServiceError("REFERENCE_REUSED", "the reference was used with another amount");
      if (known !== undefined) return answer(known.posting);
      if (account.isClosed) throw new ServiceError("ACCOUNT_CLOSED", "the account is closed");
      const own = await ledger.convert(amount, account.currencyCode);
      const posting = post(own.round(account.ledgerScale, "half-even"), account.currencyCode);
      credits.set(key, { accountId, posting, sent, reversed: Decimal.zero, revision: 0 });
      return answer(posting);
    },
    async reverse({ accountId, reference, total, revision }) {
      const credit = credits.get(`${accountId} ${reference}`);
      if (credit === undefined) throw new ServiceError("REFERENCE_NOT_FOUND", "there is no such credit");
      const wanted = Decimal.parse(total.amount);
      if (wanted.compare(Decimal.parse(credit.posting.amount)) > 0)
        throw new ServiceError("AMOUNT_INVALID", "more than was credited");
      if (revision <= credit.revision) return answer(undefined);
      const difference = credit.reversed.subtract(wanted);
      credit.revision = revision;
      credit.reversed = wanted;
      return answer(difference.isZero() ? undefined : post(difference, total.currencyCode));
    },
    async freeze(accountId, reason) {
      requireAccount(accountId).freezes.add(reason);
      answer(undefined);
    },
    async unfreeze(accountId, reason) {
      requireAccount(accountId).freezes.delete(reason);
      answer(undefined);
    },
    transactionAmount: async (transactionId) => transactions.get(transactionId),
    async convert({ currencyCode, amount }, toCurrency) {
      const value = Decimal.parse(amount);
      return currencyCode === toCurrency ? value : value.multiply(Decimal.parse(ledger.rate));
    },
  };
  return ledger;
}

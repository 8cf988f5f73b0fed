import { Decimal } from "#money/decimal.ts";

/** What the statistics need of an account. */
export interface AccountFigures {
  readonly state: "active" | "frozen" | "closed";
  readonly currencyCode: string;
  readonly posted: Decimal;
  readonly reserved: Decimal;
  readonly funded: Decimal;
  readonly spent: Decimal;
  readonly expired: Decimal;
}

/** Numbers of accounts. */
export interface AccountCounts {
  readonly total: number;
  readonly active: number;
  readonly frozen: number;
  readonly closed: number;
  /** Those whose posted balance is below 0, in whatever state. */
  readonly inDebt: number;
}

/** Balances of all accounts in one currency. */
export interface CurrencyTotals {
  readonly currencyCode: string;
  readonly accountCount: number;
  /** Sum of all positive posted balances. */
  readonly liabilities: Decimal;
  /** Sum of all negative posted balances, ≤ 0. */
  readonly debts: Decimal;
  readonly reserved: Decimal;
  readonly funded: Decimal;
  readonly spent: Decimal;
  readonly expired: Decimal;
}

/** Counts and sums over accounts, exact however many there are. */
export class AccountTotals {
  #counts: AccountCounts = { total: 0, active: 0, frozen: 0, closed: 0, inDebt: 0 };
  readonly #totals = new Map<string, CurrencyTotals>();

  add(account: AccountFigures): void {
    const { state, currencyCode, posted } = account;
    const counts = this.#counts;
    this.#counts = {
      ...counts,
      total: counts.total + 1,
      [state]: counts[state] + 1,
      inDebt: counts.inDebt + (posted.isNegative() ? 1 : 0),
    };
    const sum = this.#totals.get(currencyCode) ?? emptyTotals(currencyCode);
    this.#totals.set(currencyCode, {
      currencyCode,
      accountCount: sum.accountCount + 1,
      liabilities: posted.isNegative() ? sum.liabilities : sum.liabilities.add(posted),
      debts: posted.isNegative() ? sum.debts.add(posted) : sum.debts,
      reserved: sum.reserved.add(account.reserved),
      funded: sum.funded.add(account.funded),
      spent: sum.spent.add(account.spent),
      expired: sum.expired.add(account.expired),
    });
  }

  get counts(): AccountCounts {
    return this.#counts;
  }

  /** By currency code. */
  get totals(): CurrencyTotals[] {
    return [...this.#totals.values()].sort((left, right) =>
      left.currencyCode < right.currencyCode ? -1 : 1,
    );
  }
}

function emptyTotals(currencyCode: string): CurrencyTotals {
  const zero = Decimal.zero;
  return {
    currencyCode,
    accountCount: 0,
    liabilities: zero,
    debts: zero,
    reserved: zero,
    funded: zero,
    spent: zero,
    expired: zero,
  };
}

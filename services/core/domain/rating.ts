import { clone } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import type { PricedUsage } from "#gen/billing/type/v1/priced_usage_pb.ts";
import { type Usage, UsageSchema } from "#gen/billing/type/v1/usage_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { RoundingMode } from "#money/rounding.ts";
import {
  type AmountDerivation,
  type AmountTarget,
  atomsOfNamedAmount,
  deriveAmount,
  sumOfPrices,
} from "./amount-derivation.ts";
import { findCallRate, type Hold, requireWithin } from "./call-rate.ts";
import { CoreError } from "./core-error.ts";
import type { QuoteUse } from "./operations.ts";
import type { PriceLock } from "./price-lock.ts";
import type { PriceCalculator, PriceSelector, Quote, RateSource } from "./rating-peers.ts";

/** What a call should cost, as its caller says it. */
export type RequestedPrice =
  | { readonly kind: "amount"; readonly money: Money; readonly quoteId: string }
  | { readonly kind: "usage"; readonly usages: readonly Usage[]; readonly quoteId: string };

/** The account that pays. */
export interface RatedAccount extends AmountTarget {
  readonly accountId: string;
  readonly priceBook: string;
}

/** An amount, and the quote whose use is to be recorded with it. */
export interface RatedAmount extends AmountDerivation {
  /** Undefined for none. */
  readonly quote: QuoteUse | undefined;
}

/** The amount of a hold, and what the hold fixes. */
export interface RatedHold {
  readonly derivation: RatedAmount;
  readonly lock: PriceLock;
}

/** An amount and its quote with all its terms. */
interface QuotedAmount extends AmountDerivation {
  readonly quote: Quote | undefined;
}

/** How far a direct charge may lie in the past and in the future. */
const usageWindow = { backMs: 48 * 3_600_000, aheadMs: 5 * 60_000 } as const;

/**
 * Turns what a caller names into an amount of the account's currency: usage is priced by Pricing, a foreign
 * currency converted at Exchange's rate, everything exactly, and rounded once: debits and holds up, credits
 * half even.
 */
export class Rating {
  readonly #prices: PriceCalculator;
  readonly #rates: RateSource;

  constructor(prices: PriceCalculator, rates: RateSource) {
    this.#prices = prices;
    this.#rates = rates;
  }

  /** The amount of a charge. */
  async rateCharge(account: RatedAccount, price: RequestedPrice, nowMs: number): Promise<RatedAmount> {
    if (price.kind === "amount") return this.#deriveNamed(account, price, "up");
    for (const [index, { at }] of price.usages.entries())
      requireTimeWithinWindow(at === undefined ? nowMs : timestampMs(at), nowMs, index);
    return (await this.#priceInBook(account, price, nowMs)).derivation;
  }

  /** The amount of a hold, and what the hold fixes. */
  async rateHold(account: RatedAccount, price: RequestedPrice, nowMs: number): Promise<RatedHold> {
    if (price.kind === "amount") {
      const derivation = await this.#deriveNamed(account, price, "up");
      return { derivation, lock: lockOf(derivation, []) };
    }
    const { derivation, usages } = await this.#priceInBook(account, price, nowMs);
    const prices = derivation.pricedUsages.map((priced, index) => ({
      priceId: priced.priceId,
      priceVersion: priced.priceVersion,
      priceBook: priced.priceBook,
      currency: priced.currencyCode,
      atMs: atOf(usages[index], nowMs),
    }));
    return { derivation, lock: lockOf(derivation, prices) };
  }

  /** The amount of a commit, by what its hold has fixed. */
  async rateCommit(account: RatedAccount, price: RequestedPrice, hold: Hold): Promise<RatedAmount> {
    if (price.kind === "amount") return this.#deriveNamed(account, price, "up", hold);
    const priced = await Promise.all(price.usages.map((usage) => this.#priceLocked(account, usage, hold)));
    return this.#derive(account, sumOfPrices(priced), priced, price.quoteId, "up", hold);
  }

  /** The new total of a hold, at its rate; a quote that the hold was made under still bounds it. */
  async rateExtension(account: RatedAccount, money: Money, hold: Hold): Promise<RatedAmount> {
    if (money.currencyCode !== account.currencyCode) requireWithin(money.amount, hold.lock.maxAmount);
    return this.#deriveNamed(account, { money, quoteId: "" }, "up", hold);
  }

  /** The amount of a credit; a positive one never becomes 0. */
  rateCredit(account: RatedAccount, money: Money, quoteId: string): Promise<RatedAmount> {
    return this.#deriveNamed(account, { money, quoteId }, "half-even");
  }

  /** Prices stored usages by the versions that were used, to see whether they still give the same. */
  reprice(usages: readonly Usage[], versions: readonly string[]): Promise<PricedUsage[]> {
    return Promise.all(
      usages.map((usage, index) =>
        this.#prices.price(usage, { kind: "version", priceVersion: versions[index] ?? "" }),
      ),
    );
  }

  async #deriveNamed(
    account: RatedAccount,
    { money, quoteId }: { readonly money: Money; readonly quoteId: string },
    mode: RoundingMode,
    hold?: Hold,
  ): Promise<QuotedAmount> {
    const { currencyCode: currency, amount } = money;
    if (Decimal.parse(amount).isNegative())
      throw new CoreError("AMOUNT_INVALID", `amount: ${amount} is negative`);
    // In the account's own currency more digits than the ledger keeps are an error, never rounded.
    if (currency === account.currencyCode) atomsOfNamedAmount(amount, account, "amount");
    return this.#derive(account, { currency, amount }, [], quoteId, mode, hold);
  }

  async #priceInBook(
    account: RatedAccount,
    price: Extract<RequestedPrice, { kind: "usage" }>,
    nowMs: number,
  ) {
    requireDistinctPrices(price.usages);
    const usages = price.usages.map((usage) => withTime(usage, atOf(usage, nowMs)));
    const selector: PriceSelector = { kind: "book", priceBook: account.priceBook };
    const priced = await Promise.all(usages.map((usage) => this.#prices.price(usage, selector)));
    const derivation = await this.#derive(account, sumOfPrices(priced), priced, price.quoteId, "up");
    return { usages, derivation };
  }

  #priceLocked(account: RatedAccount, usage: Usage, hold: Hold): Promise<PricedUsage> {
    if (hold.lock.prices.length === 0) {
      return this.#prices.price(withTime(usage, hold.createdAtMs), {
        kind: "book",
        priceBook: account.priceBook,
      });
    }
    const locked = hold.lock.prices.find(({ priceId }) => priceId === usage.priceId);
    if (locked === undefined) {
      throw new CoreError("PRICE_NOT_LOCKED", `the hold did not fix a price ${usage.priceId}`, {
        metadata: { price_id: usage.priceId },
      });
    }
    return this.#prices.price(withTime(usage, locked.atMs), {
      kind: "version",
      priceVersion: locked.priceVersion,
    });
  }

  /** Converts what something costs to the account's currency. */
  async #derive(
    account: RatedAccount,
    source: { readonly currency: string; readonly amount: string },
    priced: readonly PricedUsage[],
    quoteId: string,
    mode: RoundingMode,
    hold?: Hold,
  ): Promise<QuotedAmount> {
    const { rate, quote } = await findCallRate(this.#rates, {
      accountId: account.accountId,
      fromCurrency: source.currency,
      amount: source.amount,
      toCurrency: account.currencyCode,
      quoteId,
      hold,
    });
    return { ...deriveAmount(source, priced, rate, account, mode), quote };
  }
}

function lockOf({ rate, quote }: QuotedAmount, prices: PriceLock["prices"]): PriceLock {
  return { prices, rate, maxAmount: quote?.maxAmount ?? "" };
}

function atOf(usage: Usage | undefined, nowMs: number): number {
  return usage?.at === undefined ? nowMs : timestampMs(usage.at);
}

function withTime(usage: Usage, atMs: number): Usage {
  const timed = clone(UsageSchema, usage);
  timed.at = timestampFromMs(atMs);
  return timed;
}

function requireDistinctPrices(usages: readonly Usage[]): void {
  const ids = new Set(usages.map(({ priceId }) => priceId));
  if (ids.size < usages.length)
    throw new CoreError("USAGE_INVALID", "usages: each price_id may stand once in a call");
}

function requireTimeWithinWindow(atMs: number, nowMs: number, index: number): void {
  if (atMs >= nowMs - usageWindow.backMs && atMs <= nowMs + usageWindow.aheadMs) return;
  throw new CoreError("TIME_OUT_OF_RANGE", `usages[${index}].at: must lie at most 48 h back and 5 min ahead`);
}

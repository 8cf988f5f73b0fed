import { clone } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import type { PricedUsage } from "#gen/billing/type/v1/priced_usage_pb.ts";
import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
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
import { CoreError } from "./core-error.ts";
import type { PriceLock } from "./price-lock.ts";
import type { PriceCalculator, PriceSelector, RateSource } from "./rating-peers.ts";

/** What a call should cost, as its caller says it. */
export type RequestedPrice =
  | { readonly kind: "amount"; readonly money: Money; readonly quoteId: string }
  | { readonly kind: "usage"; readonly usages: readonly Usage[]; readonly quoteId: string };

/** The account that pays. */
export interface RatedAccount extends AmountTarget {
  readonly accountId: string;
  readonly priceBook: string;
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
  async rateCharge(account: RatedAccount, price: RequestedPrice, nowMs: number): Promise<AmountDerivation> {
    if (price.kind === "amount") return this.#deriveNamed(account, price, "up");
    for (const [index, { at }] of price.usages.entries())
      requireTimeWithinWindow(at === undefined ? nowMs : timestampMs(at), nowMs, index);
    return (await this.#priceInBook(account, price, nowMs)).derivation;
  }

  /** The amount of a hold, and what the hold fixes. */
  async rateHold(
    account: RatedAccount,
    price: RequestedPrice,
    nowMs: number,
  ): Promise<{ derivation: AmountDerivation; lock: PriceLock }> {
    if (price.kind === "amount") {
      const derivation = await this.#deriveNamed(account, price, "up");
      return { derivation, lock: { prices: [], rate: derivation.rate } };
    }
    const { derivation, usages } = await this.#priceInBook(account, price, nowMs);
    const prices = derivation.pricedUsages.map((priced, index) => ({
      priceId: priced.priceId,
      priceVersion: priced.priceVersion,
      priceBook: priced.priceBook,
      currency: priced.currencyCode,
      atMs: atOf(usages[index], nowMs),
    }));
    return { derivation, lock: { prices, rate: derivation.rate } };
  }

  /** The amount of a commit, by what its hold has fixed. */
  async rateCommit(
    account: RatedAccount,
    price: RequestedPrice,
    hold: { readonly lock: PriceLock; readonly createdAtMs: number },
  ): Promise<AmountDerivation> {
    if (price.kind === "amount") return this.#deriveNamed(account, price, "up", hold);
    const priced = await Promise.all(price.usages.map((usage) => this.#priceLocked(account, usage, hold)));
    const total = sumOfPrices(priced);
    return deriveAmount(
      total,
      priced,
      await this.#rateFor(account, total.currency, price.quoteId, hold),
      account,
      "up",
    );
  }

  /** The amount of a credit; a positive one never becomes 0. */
  rateCredit(account: RatedAccount, money: Money, quoteId: string): Promise<AmountDerivation> {
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
    hold?: { readonly lock: PriceLock; readonly createdAtMs: number },
  ): Promise<AmountDerivation> {
    const { currencyCode: currency, amount } = money;
    if (Decimal.parse(amount).isNegative())
      throw new CoreError("AMOUNT_INVALID", `amount: ${amount} is negative`);
    // In the account's own currency more digits than the ledger keeps are an error, never rounded.
    if (currency === account.currencyCode) atomsOfNamedAmount(amount, account, "amount");
    return deriveAmount(
      { currency, amount },
      [],
      await this.#rateFor(account, currency, quoteId, hold),
      account,
      mode,
    );
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
    const total = sumOfPrices(priced);
    const rate = await this.#rateFor(account, total.currency, price.quoteId);
    return { usages, derivation: deriveAmount(total, priced, rate, account, "up") };
  }

  #priceLocked(
    account: RatedAccount,
    usage: Usage,
    hold: { readonly lock: PriceLock; readonly createdAtMs: number },
  ): Promise<PricedUsage> {
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

  async #rateFor(
    account: RatedAccount,
    fromCurrency: string,
    quoteId: string,
    hold?: { readonly lock: PriceLock; readonly createdAtMs: number },
  ): Promise<Rate | undefined> {
    if (fromCurrency === account.currencyCode) return undefined;
    if (hold?.lock.rate?.fromCurrency === fromCurrency) return hold.lock.rate;
    return this.#rates.rate({
      fromCurrency,
      toCurrency: account.currencyCode,
      accountId: account.accountId,
      quoteId,
      asOfMs: hold === undefined || quoteId !== "" ? undefined : hold.createdAtMs,
    });
  }
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

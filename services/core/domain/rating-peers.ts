import type { PricedUsage } from "#gen/billing/type/v1/priced_usage_pb.ts";
import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import type { Usage } from "#gen/billing/type/v1/usage_pb.ts";
import type { QuoteUse } from "../store/quote-use.ts";

/** Where the price of a usage is found. */
export type PriceSelector =
  | { readonly kind: "book"; readonly priceBook: string }
  | { readonly kind: "version"; readonly priceVersion: string };

/** What Core asks of Pricing. Refusals are ServiceErrors with Pricing's reason; no answer is PEER_UNAVAILABLE. */
export interface PriceCalculator {
  price(usage: Usage, selector: PriceSelector): Promise<PricedUsage>;
}

/** Which rate between two currencies. */
export interface RateQuery {
  readonly fromCurrency: string;
  readonly toCurrency: string;
  /** The account that pays; a quote must be its own. */
  readonly accountId: string;
  /** A quote that fixes the rate; empty means none. */
  readonly quoteId: string;
  /** The rate in force at this time, epoch milliseconds; undefined means now. */
  readonly asOfMs: number | undefined;
}

/** A quote as far as Core has to keep to its terms. */
export interface Quote extends QuoteUse {
  /** Most that one use may convert, in the currency converted from, decimal; empty means no bound. */
  readonly maxAmount: string;
}

/** A rate, and the quote that fixes it if one was named. */
export interface QuotedRate {
  readonly rate: Rate;
  readonly quote: Quote | undefined;
}

/** A currency as far as Core needs it. */
export interface AccountCurrency {
  readonly code: string;
  readonly minorDigits: number;
  readonly ledgerScale: number;
  readonly active: boolean;
}

/** What Core asks of Exchange, with errors as above. */
export interface RateSource {
  rate(query: RateQuery): Promise<QuotedRate>;
  currency(code: string): Promise<AccountCurrency>;
}

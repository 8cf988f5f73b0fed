import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ReserveRequestSchema } from "../gen/billing/core/v1/reservation_rpc_pb.ts";
import type { MoneySchema } from "../gen/billing/type/v1/money_pb.ts";
import type { UsageSchema } from "../gen/billing/type/v1/usage_pb.ts";

/** A cost by its amount, in any currency. */
export interface CostByAmount {
  /** For example `{ currencyCode: "USD", amount: "0.25" }`: an exact decimal, never a number. */
  readonly amount: MessageInitShape<typeof MoneySchema>;
  readonly usage?: undefined;
  /** A quote that fixes the exchange rate. */
  readonly quoteId?: string;
}

/** A cost by what is used, which Pricing prices. */
export interface CostByUsage {
  /** For example `{ priceId: "openai/gpt-4o", quantities: { input_tokens: "1200" } }`; or several, each price once. */
  readonly usage: UsageInit | readonly UsageInit[];
  readonly amount?: undefined;
  /** A quote that fixes the exchange rate. */
  readonly quoteId?: string;
}

/** What something costs, or is expected to cost. */
export type Cost = CostByAmount | CostByUsage;

/** One usage, with exact decimals as text. */
export type UsageInit = MessageInitShape<typeof UsageSchema>;

type PriceInit = NonNullable<
  Exclude<MessageInitShape<typeof ReserveRequestSchema>, { $typeName: string }>["price"]
>;

/**
 * The field `price` of Reserve, Commit and Charge.
 *
 * @throws TypeError unless there is exactly one of amount and usage.
 */
export function priceOf(cost: Cost): PriceInit {
  const quote = cost?.quoteId === undefined ? {} : { quoteId: cost.quoteId };
  if (cost?.usage !== undefined && cost.amount === undefined) {
    const usages = Array.isArray(cost.usage) ? [...cost.usage] : [cost.usage as UsageInit];
    return { case: "usage", value: { usages, ...quote } };
  }
  if (cost?.amount !== undefined && cost.usage === undefined)
    return { case: "amount", value: { money: cost.amount, ...quote } };
  throw new TypeError("a cost has either an amount or a usage");
}

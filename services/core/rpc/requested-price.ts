import type { AmountValue, UsageList } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import type { RequestedPrice } from "../domain/rating.ts";

/** The `price` of a request: its constraints demand that one of the two is set. */
type WirePrice =
  | { case: "amount"; value: AmountValue }
  | { case: "usage"; value: UsageList }
  | { case: undefined; value?: undefined };

/** What a request wants to pay for. */
export function toRequestedPrice(price: WirePrice): RequestedPrice {
  if (price.case === "usage")
    return { kind: "usage", usages: price.value.usages, quoteId: price.value.quoteId };
  if (price.value?.money === undefined)
    throw new TypeError("a request without a price passed its constraints");
  return { kind: "amount", money: price.value.money, quoteId: price.value.quoteId };
}

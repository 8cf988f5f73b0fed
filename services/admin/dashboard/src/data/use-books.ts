import { useQuery } from "@connectrpc/connect-query";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";

/** The book that holds every price. */
export const defaultBook = "default";

/** The price books to choose from; the one that holds every price first, as the empty value. */
export function useBooks(): ReadonlyArray<readonly [value: string, text: string]> {
  const { data } = useQuery(PricingService.method.listPriceBooks, { pageSize: 1_000 });
  const others = (data?.books ?? [])
    .filter(({ priceBook }) => priceBook !== defaultBook)
    .map(({ priceBook }) => [priceBook, priceBook] as const);
  return [["", defaultBook] as const, ...others];
}

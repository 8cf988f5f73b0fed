import { create } from "@bufbuild/protobuf";
import type { CalculationResult } from "#gen/billing/pricing/v1/calculation_pb.ts";
import { type CalculationLine, CalculationLineSchema } from "#gen/billing/pricing/v1/calculation_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { createBatcher } from "#platform/client/batcher.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { PriceCalculator } from "../domain/rating-peers.ts";
import { batchLimits, batchOverloaded } from "./batch-limits.ts";

/** Pricing as Core asks it: calls of one turn of the event loop travel as one batch. */
export function createPriceCalculator(client: ServiceClient<typeof PricingService>): PriceCalculator {
  const calculate = createBatcher<CalculationLine, CalculationResult>({
    ...batchLimits,
    run: async (lines) => (await client.calculatePrices({ lines: [...lines] })).results,
    overloaded: () => batchOverloaded("pricing"),
  });
  return {
    async price(usage, selector) {
      const line = create(CalculationLineSchema, {
        usage,
        selector:
          selector.kind === "book"
            ? { case: "priceBook", value: selector.priceBook }
            : { case: "priceVersion", value: selector.priceVersion },
      });
      const { result } = await calculate(line);
      if (result.case === "priced") return result.value;
      if (result.case === "error")
        throw new ServiceError(result.value.reason, result.value.message, {
          metadata: result.value.metadata,
        });
      throw new Error("Pricing answered a line with neither a price nor an error");
    },
  };
}

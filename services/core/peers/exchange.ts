import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Conversion, ConversionResult } from "#gen/billing/exchange/v1/conversion_pb.ts";
import { type ConversionLine, ConversionLineSchema } from "#gen/billing/exchange/v1/conversion_rpc_pb.ts";
import { CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { createBatcher } from "#platform/client/batcher.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { Quote, RateQuery, RateSource } from "../domain/rating-peers.ts";
import { batchLimits, batchOverloaded } from "./batch-limits.ts";

/** Exchange as Core asks it: only for rates, which Core applies exactly and rounds itself. */
export function createRateSource(client: ServiceClient<typeof ExchangeRateService>): RateSource {
  const convert = createBatcher<ConversionLine, ConversionResult>({
    ...batchLimits,
    run: async (lines) => (await client.convertBatch({ lines: [...lines] })).results,
    overloaded: () => batchOverloaded("exchange"),
  });
  return {
    async rate(query) {
      const { result } = await convert(conversionLine(query));
      if (result.case === "error")
        throw new ServiceError(result.value.reason, result.value.message, {
          metadata: result.value.metadata,
        });
      if (result.case !== "conversion" || result.value.rate === undefined)
        throw new Error("Exchange answered a line with neither a rate nor an error");
      return { rate: result.value.rate, quote: quoteOf(query, result.value) };
    },
    async currency(code) {
      const { currency } = await client.getCurrency({ currencyCode: code });
      if (currency === undefined) throw new Error("Exchange answered without the currency");
      return {
        code: currency.currencyCode,
        minorDigits: currency.minorDigits,
        ledgerScale: currency.ledgerScale,
        active: currency.state === CurrencyState.ACTIVE,
      };
    },
  };
}

function quoteOf({ quoteId }: RateQuery, { quote }: Conversion): Quote | undefined {
  if (quoteId === "") return undefined;
  if (quote?.expiresAt === undefined || quote.quoteId !== quoteId)
    throw new Error("Exchange answered a line under a quote without its terms");
  const { maxUses, maxAmount, expiresAt } = quote;
  return { quoteId, maxUses, maxAmount, expiresMs: timestampMs(expiresAt) };
}

function conversionLine(query: RateQuery): ConversionLine {
  const base = { fromCurrency: query.fromCurrency, toCurrency: query.toCurrency, accountId: query.accountId };
  if (query.quoteId !== "")
    return create(ConversionLineSchema, { ...base, rateSource: { case: "quoteId", value: query.quoteId } });
  if (query.asOfMs === undefined) return create(ConversionLineSchema, base);
  return create(ConversionLineSchema, {
    ...base,
    rateSource: { case: "asOf", value: timestampFromMs(query.asOfMs) },
  });
}

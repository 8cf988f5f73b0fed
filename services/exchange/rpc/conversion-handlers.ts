import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type Conversion as ConversionMessage,
  type ConversionResult,
  ConversionResultSchema,
  ConversionSchema,
} from "#gen/billing/exchange/v1/conversion_pb.ts";
import type { ConversionLine, ConvertRequest } from "#gen/billing/exchange/v1/conversion_rpc_pb.ts";
import type { RateInForce as RateMessage } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { RoundingMode } from "#gen/billing/type/v1/money_pb.ts";
import { fromWireRoundingMode } from "#money/rounding-mode.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { type Conversion, type ConversionQuery, Converter } from "../domain/converter.ts";
import type { RateInForce } from "../domain/rate-in-force.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { errorMessage, rateMessage } from "./rate-messages.ts";

/** Convert and ConvertBatch. */
export function conversionHandlers({ live, now }: ExchangeParts) {
  return {
    convert(request) {
      const query = queryOf(request, "");
      const conversion = new Converter({ state: live.state, nowMs: now() }).convert(query);
      return { conversion: conversionMessage(conversion, rateMessage(conversion.rate)) };
    },
    convertBatch({ lines }) {
      // Every line is read before the first is converted: a line against the contract refuses all.
      const queries = lines.map((line, index) => queryOf(line, `lines[${index}].`));
      const converter = new Converter({ state: live.state, nowMs: now() });
      const rateMessageOf = createRateMessages();
      return { results: queries.map((query) => convertLine(converter, query, rateMessageOf)) };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}

/** @throws CommonError REQUEST_INVALID if the fields do not fit together. */
function queryOf(line: ConvertRequest | ConversionLine, path: string): ConversionQuery {
  const { rounding, rateSource } = line;
  if (line.exact && rounding !== undefined)
    throw invalidField(`${path}rounding`, "must be unset when exact is true");
  return {
    fromCurrency: line.fromCurrency,
    toCurrency: line.toCurrency,
    amount: line.amount,
    asOfMs: rateSource.case === "asOf" ? timestampMs(rateSource.value) : undefined,
    quoteId: rateSource.case === "quoteId" ? rateSource.value : undefined,
    rounding: {
      digits: rounding?.digits,
      mode: fromWireRoundingMode(rounding?.mode ?? RoundingMode.UNSPECIFIED, "half-even"),
      allowZero: rounding?.allowZero ?? false,
    },
    exact: line.exact,
  };
}

function convertLine(
  converter: Converter,
  query: ConversionQuery,
  rateMessageOf: (rate: RateInForce) => RateMessage,
): ConversionResult {
  try {
    const conversion = converter.convert(query);
    const value = conversionMessage(conversion, rateMessageOf(conversion.rate));
    return create(ConversionResultSchema, { result: { case: "conversion", value } });
  } catch (error) {
    return create(ConversionResultSchema, { result: { case: "error", value: errorMessage(error) } });
  }
}

/** Lines of the same pair and time share one rate, and so one message. */
function createRateMessages(): (rate: RateInForce) => RateMessage {
  const messages = new Map<RateInForce, RateMessage>();
  return (rate) => {
    const known = messages.get(rate);
    if (known !== undefined) return known;
    const made = rateMessage(rate);
    messages.set(rate, made);
    return made;
  };
}

function conversionMessage({ rate, amount }: Conversion, rateInForce: RateMessage): ConversionMessage {
  return create(ConversionSchema, {
    ...(rateInForce.rate === undefined ? {} : { rate: rateInForce.rate }),
    rateInForce,
    ...(amount?.rounded === undefined
      ? {}
      : { converted: { currencyCode: rate.toCurrency, amount: amount.rounded.toString() } }),
    unroundedAmount: amount?.unrounded.toString() ?? "",
    unroundedIsExact: amount?.unroundedIsExact ?? false,
  });
}

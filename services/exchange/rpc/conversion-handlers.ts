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
import type { Quote as QuoteMessage } from "#gen/billing/exchange/v1/quote_pb.ts";
import { RoundingMode } from "#gen/billing/type/v1/money_pb.ts";
import { fromWireRoundingMode } from "#money/rounding-mode.ts";
import { CommonError, invalidField } from "#platform/errors/common-error.ts";
import type { Call } from "#platform/rpc/call.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { type Conversion, type ConversionQuery, Converter } from "../domain/conversion/converter.ts";
import type { Quote } from "../domain/conversion/quote.ts";
import type { Quotes } from "../domain/conversion/quotes.ts";
import { ExchangeError } from "../domain/exchange-error.ts";
import type { RateInForce } from "../domain/rates/rate-in-force.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { quoteMessage } from "./quote-messages.ts";
import { errorMessage, rateMessage } from "./rate-messages.ts";

/** Convert and ConvertBatch. */
export function conversionHandlers({ live, quotes, now }: ExchangeParts) {
  const converterFor = async (queries: readonly ConversionQuery[], { caller }: Call) =>
    new Converter({
      state: live.state,
      quotes: await quotesOf(quotes, queries),
      callerAccount: caller.account,
      nowMs: now(),
    });
  return {
    async convert(request, call) {
      const query = queryOf(request, "", "");
      const conversion = (await converterFor([query], call)).convert(query);
      return { conversion: conversionMessage(conversion, createRateMessages()) };
    },
    async convertBatch({ lines }, call) {
      // Every line is read before the first is converted: a line against the contract refuses all.
      const queries = lines.map((line, index) => queryOf(line, line.accountId, `lines[${index}].`));
      const converter = await converterFor(queries, call);
      const messages = createRateMessages();
      return { results: queries.map((query) => convertLine(converter, query, messages)) };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}

/**
 * The quotes that lines name. A store that does not answer concerns those lines alone: others travel in the
 * same call and need no quote.
 */
async function quotesOf(
  quotes: Quotes,
  queries: readonly ConversionQuery[],
): Promise<ReadonlyMap<string, Quote> | ExchangeError> {
  const ids = new Set(queries.flatMap(({ quoteId }) => quoteId ?? []));
  if (ids.size === 0) return new Map();
  try {
    return await quotes.findMany(ids);
  } catch (error) {
    if (!(error instanceof CommonError)) throw error;
    return new ExchangeError(error.reason, error.message, { metadata: error.metadata, cause: error });
  }
}

/** @throws CommonError REQUEST_INVALID if the fields do not fit together. */
function queryOf(line: ConvertRequest | ConversionLine, accountId: string, path: string): ConversionQuery {
  const { rounding, rateSource } = line;
  if (line.exact && rounding !== undefined)
    throw invalidField(`${path}rounding`, "must be unset when exact is true");
  return {
    fromCurrency: line.fromCurrency,
    toCurrency: line.toCurrency,
    amount: line.amount,
    asOfMs: rateSource.case === "asOf" ? timestampMs(rateSource.value) : undefined,
    quoteId: rateSource.case === "quoteId" ? rateSource.value : undefined,
    accountId,
    rounding: {
      digits: rounding?.digits,
      mode: fromWireRoundingMode(rounding?.mode ?? RoundingMode.UNSPECIFIED, "half-even"),
      allowZero: rounding?.allowZero ?? false,
    },
    exact: line.exact,
  };
}

function convertLine(converter: Converter, query: ConversionQuery, messages: RateMessages): ConversionResult {
  try {
    const value = conversionMessage(converter.convert(query), messages);
    return create(ConversionResultSchema, { result: { case: "conversion", value } });
  } catch (error) {
    return create(ConversionResultSchema, { result: { case: "error", value: errorMessage(error) } });
  }
}

/** Messages of rates and quotes. Lines of the same pair and time share one rate, and so one message. */
interface RateMessages {
  rateInForce(rate: RateInForce): RateMessage;
  quote(quote: Quote): QuoteMessage;
}

function createRateMessages(): RateMessages {
  return { rateInForce: remembering(rateMessage), quote: remembering(quoteMessage) };
}

function remembering<V extends object, M>(messageOf: (value: V) => M): (value: V) => M {
  const messages = new Map<V, M>();
  return (value) => {
    const known = messages.get(value);
    if (known !== undefined) return known;
    const made = messageOf(value);
    messages.set(value, made);
    return made;
  };
}

function conversionMessage(conversion: Conversion, messages: RateMessages): ConversionMessage {
  const { rate, rateInForce, quote, amount } = conversion;
  const inForce = rateInForce && messages.rateInForce(rateInForce);
  const quoted = quote && messages.quote(quote);
  const exact = inForce?.rate ?? quoted?.rate;
  return create(ConversionSchema, {
    ...(exact === undefined ? {} : { rate: exact }),
    ...(inForce === undefined ? {} : { rateInForce: inForce }),
    ...(quoted === undefined ? {} : { quote: quoted }),
    ...(amount?.rounded === undefined
      ? {}
      : { converted: { currencyCode: rate.toCurrency, amount: amount.rounded.toString() } }),
    unroundedAmount: amount?.unrounded.toString() ?? "",
    unroundedIsExact: amount?.unroundedIsExact ?? false,
  });
}

import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type ListedRate, ListedRateSchema } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { ListRatesRequest } from "#gen/billing/exchange/v1/rate_rpc_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { CurrencyDirectory } from "../domain/currency-directory.ts";
import { pointInTime } from "../domain/point-in-time.ts";
import type { RatesAt } from "../domain/rates-at.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { pageOf } from "./page.ts";
import { errorMessage, rateMessage } from "./rate-messages.ts";

/** GetRate and ListRates. */
export function rateHandlers({ book, currencies, now, pageTokens }: ExchangeParts) {
  return {
    getRate({ fromCurrency, toCurrency, asOf, providerId }) {
      const from = currencies.require(fromCurrency);
      const to = currencies.require(toCurrency);
      const atMs = pointInTime(asOf && timestampMs(asOf), now());
      const rates = book.at(atMs, providerId === "" ? undefined : providerId);
      return { rate: rateMessage(rates.find(from.code, to.code)) };
    },
    listRates(request) {
      const { fromCurrency, overriddenOnly, asOf } = request;
      const from = fromCurrency === "" ? currencies.base : currencies.require(fromCurrency);
      const targets = targetsOf(request, from.code, currencies);
      const rates = book.at(pointInTime(asOf && timestampMs(asOf), now()));
      const filters = ["rates", from.code, targets, asOf && timestampMs(asOf), overriddenOnly];
      const page = pageOf(pageTokens, targets, (code) => code, request, filters);
      const listed = page.items.map((code) => listRate(rates, from.code, code));
      return {
        rates: overriddenOnly ? listed.filter(isOverridden) : listed,
        nextPageToken: page.nextPageToken,
      };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}

/** The currencies named, else every active one but the one converted from; in order of code. */
function targetsOf(
  { toCurrencies }: ListRatesRequest,
  from: string,
  currencies: CurrencyDirectory,
): readonly string[] {
  if (toCurrencies.length > 0) return toCurrencies.map((code) => currencies.require(code).code).sort();
  return currencies
    .list({ active: true })
    .map(({ code }) => code)
    .filter((code) => code !== from);
}

function listRate(rates: RatesAt, fromCurrency: string, toCurrency: string): ListedRate {
  return create(ListedRateSchema, {
    pair: { fromCurrency, toCurrency },
    result: rateOrError(rates, fromCurrency, toCurrency),
  });
}

function rateOrError(rates: RatesAt, from: string, to: string): ListedRate["result"] {
  try {
    return { case: "rate", value: rateMessage(rates.find(from, to)) };
  } catch (error) {
    return { case: "error", value: errorMessage(error) };
  }
}

function isOverridden({ result }: ListedRate): boolean {
  return result.case === "rate" && result.value.override !== undefined;
}

import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ListedRate } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { ListRateHistoryRequest, ListRatesRequest } from "#gen/billing/exchange/v1/rate_rpc_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import { defaultPageSize, pageOf } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { CurrencyDirectory } from "../domain/currencies/currency-directory.ts";
import { pointInTime } from "../domain/rates/point-in-time.ts";
import { rateHistory } from "../domain/rates/rate-history.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { historicalRateMessage, listedRateMessage, overrideMessage, rateMessage } from "./rate-messages.ts";

/** Reading rates, now and over time, and setting them by hand. */
export function rateHandlers({ live, manualRates, now, pageTokens }: ExchangeParts) {
  return {
    getRate({ fromCurrency, toCurrency, asOf, providerId }) {
      const { currencies, book } = live.state;
      const from = currencies.require(fromCurrency);
      const to = currencies.require(toCurrency);
      const atMs = pointInTime(asOf && timestampMs(asOf), now());
      return { rate: rateMessage(book.at(atMs, providerId || undefined).find(from.code, to.code)) };
    },
    listRates(request) {
      const { currencies, book } = live.state;
      const { fromCurrency, overriddenOnly, asOf } = request;
      const from = fromCurrency === "" ? currencies.base : currencies.require(fromCurrency);
      const targets = targetsOf(request, from.code, currencies);
      const rates = book.at(pointInTime(asOf && timestampMs(asOf), now()));
      const filters = [
        "rates",
        from.code,
        request.toCurrencies.toSorted(),
        asOf && timestampMs(asOf),
        overriddenOnly,
      ];
      const page = pageOf(pageTokens, targets, (code) => code, request, filters);
      const listed = page.items.map((code) =>
        listedRateMessage(from.code, code, rates.look(from.code, code)),
      );
      return {
        rates: overriddenOnly ? listed.filter(isOverridden) : listed,
        nextPageToken: page.nextPageToken,
      };
    },
    listRateHistory(request) {
      const { currencies, book } = live.state;
      const { fromCurrency, toCurrency, providerId } = request;
      for (const code of [fromCurrency, toCurrency]) currencies.require(code);
      if (providerId !== "") book.requireSource(providerId);
      const { fromMs, toMs } = rangeOf(request, now());
      const filters = ["history", fromCurrency, toCurrency, providerId, fromMs, request.to && toMs];
      const nextToMs = pageTokens.decode(filters, request.pageToken) as number | undefined;
      const page = rateHistory(book, {
        fromCurrency,
        toCurrency,
        providerId: providerId || undefined,
        fromMs,
        toMs: nextToMs ?? toMs,
        limit: request.pageSize === 0 ? defaultPageSize : request.pageSize,
      });
      return {
        rates: page.changes.map(historicalRateMessage),
        nextPageToken: page.nextToMs === undefined ? "" : pageTokens.encode(filters, page.nextToMs),
      };
    },
    async setRate(request, { caller }) {
      const { baseCurrency, quoteCurrency, rate, effectiveFrom, endsAt, acceptJump, comment } = request;
      const { configVersion } = request;
      const asked = {
        baseCurrency,
        quoteCurrency,
        rate,
        effectiveFromMs: effectiveFrom && timestampMs(effectiveFrom),
        endsAtMs: endsAt && timestampMs(endsAt),
        acceptJump,
        configVersion: configVersion === undefined ? undefined : Number(configVersion),
        comment,
      };
      return { override: overrideMessage(await manualRates.set(asked, caller.subject)) };
    },
    async clearRateOverride({ baseCurrency, quoteCurrency, configVersion, comment }, { caller }) {
      const asked = { baseCurrency, quoteCurrency, configVersion: Number(configVersion), comment };
      await manualRates.clear(asked, caller.subject);
      const found = live.state.book.at(now()).look(baseCurrency, quoteCurrency);
      return { rate: listedRateMessage(baseCurrency, quoteCurrency, found) };
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

/** @throws ExchangeError TIME_OUT_OF_RANGE, CommonError REQUEST_INVALID if the end comes before the beginning. */
function rangeOf({ from, to }: ListRateHistoryRequest, nowMs: number): { fromMs: number; toMs: number } {
  const fromMs = from === undefined ? 0 : timestampMs(from);
  // The end is exclusive, and a rate of this very moment belongs to the history.
  const toMs = pointInTime(to && timestampMs(to), nowMs) + (to === undefined ? 1 : 0);
  if (to !== undefined && fromMs > toMs) throw invalidField("from", "must not lie after to");
  if (fromMs > toMs) pointInTime(fromMs, nowMs);
  return { fromMs, toMs };
}

function isOverridden({ result }: ListedRate): boolean {
  return result.case === "rate" && result.value.override !== undefined;
}

import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { CostBasis } from "#gen/billing/exchange/v1/currency_pb.ts";
import { CurrencyKind, CurrencyState, type RateGuard } from "#gen/billing/exchange/v1/currency_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { KnownCurrency } from "../domain/currencies/currency-directory.ts";
import type { RequestedCostBasis } from "../domain/currencies/currency-settings.ts";
import { currencyMessage } from "./currency-messages.ts";
import type { ExchangeParts } from "./exchange-parts.ts";

/** Unspecified filters nothing. */
const kindFilters: Readonly<Record<number, KnownCurrency["kind"]>> = {
  [CurrencyKind.ISO]: "iso",
  [CurrencyKind.CUSTOM]: "custom",
};
const activeFilters: Readonly<Record<number, boolean>> = {
  [CurrencyState.ACTIVE]: true,
  [CurrencyState.INACTIVE]: false,
};

/** The methods about currencies. */
export function currencyHandlers({ live, currencies, pageTokens }: ExchangeParts) {
  return {
    listCurrencies(request) {
      const { kind, state, query } = request;
      const listed = live.state.currencies.list({
        kind: kindFilters[kind],
        active: activeFilters[state],
        text: query,
      });
      const filters = ["currencies", kind, state, query];
      const page = pageOf(pageTokens, listed, ({ code }) => code, request, filters);
      return { currencies: page.items.map(currencyMessage), nextPageToken: page.nextPageToken };
    },
    getCurrency({ currencyCode }) {
      return { currency: currencyMessage(live.state.currencies.require(currencyCode)) };
    },
    async createCurrency(request, { caller }) {
      const { currencyCode, displayName, symbol, minorDigits, ledgerScale, costBasis, guard } = request;
      const asked = {
        code: currencyCode,
        displayName,
        symbol,
        minorDigits,
        ledgerScale,
        costBasis: costBasisOf(costBasis),
        guard: guardOf(guard),
      };
      return { currency: currencyMessage(await currencies.create(asked, caller.subject)) };
    },
    async updateCurrency(request, { caller }) {
      const { currencyCode, displayName, symbol, minorDigits, ledgerScale, costBasis, guard } = request;
      const asked = {
        code: currencyCode,
        configVersion: Number(request.configVersion),
        displayName,
        symbol,
        minorDigits,
        ledgerScale,
        costBasis: costBasisOf(costBasis),
        guard: guardOf(guard),
      };
      return { currency: currencyMessage(await currencies.update(asked, caller.subject)) };
    },
    async deactivateCurrency({ currencyCode, configVersion, comment }, { caller }) {
      const asked = { code: currencyCode, active: false, configVersion: Number(configVersion), comment };
      return { currency: currencyMessage(await currencies.setActive(asked, caller.subject)) };
    },
    async activateCurrency({ currencyCode, configVersion, comment }, { caller }) {
      const asked = { code: currencyCode, active: true, configVersion: Number(configVersion), comment };
      return { currency: currencyMessage(await currencies.setActive(asked, caller.subject)) };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}

function costBasisOf(message: CostBasis | undefined): RequestedCostBasis | undefined {
  if (message === undefined) return undefined;
  const { referenceCurrency, value, effectiveFrom } = message;
  return { referenceCurrency, value, effectiveFromMs: effectiveFrom && timestampMs(effectiveFrom) };
}

function guardOf(message: RateGuard | undefined) {
  if (message === undefined) return undefined;
  const { maxChangePercent, consensusPercent, consensusProviders } = message;
  return { maxChangePercent, consensusPercent, consensusProviders };
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { CurrencyKind, type CurrencySchema, CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { KnownCurrency } from "../domain/currency-directory.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { pageOf } from "./page.ts";

const kindNumbers = { iso: CurrencyKind.ISO, custom: CurrencyKind.CUSTOM } as const;
/** Unspecified filters nothing. */
const kindFilters: Readonly<Record<number, KnownCurrency["kind"]>> = {
  [CurrencyKind.ISO]: "iso",
  [CurrencyKind.CUSTOM]: "custom",
};
const activeFilters: Readonly<Record<number, boolean>> = {
  [CurrencyState.ACTIVE]: true,
  [CurrencyState.INACTIVE]: false,
};
/** The version of a currency that was never changed. */
const firstVersion = 1n;

/** ListCurrencies and GetCurrency. */
export function currencyHandlers({ currencies, pageTokens }: ExchangeParts) {
  return {
    listCurrencies(request) {
      const { kind, state, query } = request;
      const listed = currencies.list({
        kind: kindFilters[kind],
        active: activeFilters[state],
        text: query,
      });
      const filters = ["currencies", kind, state, query];
      const page = pageOf(pageTokens, listed, ({ code }) => code, request, filters);
      return { currencies: page.items.map(currencyMessage), nextPageToken: page.nextPageToken };
    },
    getCurrency({ currencyCode }) {
      return { currency: currencyMessage(currencies.require(currencyCode)) };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}

function currencyMessage(currency: KnownCurrency): MessageInitShape<typeof CurrencySchema> {
  return {
    currencyCode: currency.code,
    displayName: currency.name,
    kind: kindNumbers[currency.kind],
    state: currency.active ? CurrencyState.ACTIVE : CurrencyState.INACTIVE,
    numericCode: currency.numericCode,
    minorDigits: currency.minorDigits,
    ledgerScale: currency.ledgerScale,
    base: currency.base,
    configVersion: firstVersion,
  };
}

import { useQuery } from "@connectrpc/connect-query";
import { CurrencyKind, CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";

/** The active currencies, the base currency first, then in order of code. */
export function useCurrencies(): readonly string[] {
  const { data } = useQuery(ExchangeRateService.method.listCurrencies, {
    state: CurrencyState.ACTIVE,
    pageSize: 1_000,
  });
  return (data?.currencies ?? [])
    .toSorted((left, right) => Number(right.base) - Number(left.base))
    .map(({ currencyCode }) => currencyCode);
}

/** The currencies that a provider publishes or a unit of one's own: those that can have a rate. Empty until known. */
export function useRatedCurrencies(): readonly string[] {
  const { data } = useQuery(ExchangeRateService.method.listProviders, { enabledOnly: true, pageSize: 1_000 });
  const custom = useQuery(ExchangeRateService.method.listCurrencies, {
    kind: CurrencyKind.CUSTOM,
    state: CurrencyState.ACTIVE,
    pageSize: 1_000,
  });
  const published = (data?.providers ?? []).flatMap(({ currencyCodes, baseCurrency }) => [
    baseCurrency,
    ...currencyCodes,
  ]);
  const own = (custom.data?.currencies ?? []).map(({ currencyCode }) => currencyCode);
  return [...new Set([...published, ...own])].filter((code) => code !== "");
}

/** Codes as choices of a select; the base currency stands as the empty value. */
export function asBaseOptions(codes: readonly string[]): ReadonlyArray<readonly [string, string]> {
  return codes.map((code, index) => [index === 0 ? "" : code, code] as const);
}

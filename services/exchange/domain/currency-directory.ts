import { type Currency, findIsoCurrency, listIsoCurrencies } from "#money/currency.ts";
import { ExchangeError } from "./exchange-error.ts";
import { numericCodeOf } from "./numeric-code.ts";

/** A currency with what Exchange knows about it. */
export interface KnownCurrency extends Currency {
  /** ISO 4217, or declared by the operator. */
  readonly kind: "iso" | "custom";
  /** Whether it takes new accounts and rates. */
  readonly active: boolean;
  /** Three digits of ISO 4217; empty for a custom unit. */
  readonly numericCode: string;
  /** True for the base currency. */
  readonly base: boolean;
}

/** Which currencies; what is undefined does not filter. */
export interface CurrencyFilter {
  readonly kind?: KnownCurrency["kind"] | undefined;
  readonly active?: boolean | undefined;
  /** Text in code or name, without regard to case. */
  readonly text?: string | undefined;
}

/** The currencies that there are. */
export class CurrencyDirectory {
  readonly base: KnownCurrency;
  readonly #byCode: ReadonlyMap<string, KnownCurrency>;

  /** @throws ExchangeError CURRENCY_UNKNOWN if there is no such base currency. */
  constructor(baseCurrency: string) {
    const base = findIsoCurrency(baseCurrency);
    if (base === undefined) throw unknownCurrency(baseCurrency);
    const known = listIsoCurrencies().map((currency) => describe(currency, currency === base));
    this.#byCode = new Map(known.map((currency) => [currency.code, currency]));
    this.base = this.require(baseCurrency);
  }

  /** @throws ExchangeError CURRENCY_UNKNOWN. */
  require(code: string): KnownCurrency {
    const currency = this.#byCode.get(code);
    if (currency === undefined) throw unknownCurrency(code);
    return currency;
  }

  /** Those that pass the filter, in order of code. */
  list(filter: CurrencyFilter = {}): readonly KnownCurrency[] {
    const text = filter.text?.toLowerCase() ?? "";
    return [...this.#byCode.values()].filter(
      ({ kind, active, code, name }) =>
        (filter.kind === undefined || filter.kind === kind) &&
        (filter.active === undefined || filter.active === active) &&
        (code.toLowerCase().includes(text) || name.toLowerCase().includes(text)),
    );
  }
}

function describe(currency: Currency, base: boolean): KnownCurrency {
  return { ...currency, kind: "iso", active: true, numericCode: numericCodeOf(currency.code), base };
}

function unknownCurrency(code: string): ExchangeError {
  return new ExchangeError("CURRENCY_UNKNOWN", `there is no currency ${code}`, {
    metadata: { currency_code: code },
  });
}

import { type Currency, findIsoCurrency, listIsoCurrencies } from "#money/currency.ts";
import type { StoredDocument } from "#platform/documents/document.ts";
import type { CurrencyRecord } from "../../store/records.ts";
import { ExchangeError } from "../exchange-error.ts";
import { completeGuard, type RateGuard } from "../review/rate-guard-terms.ts";
import { numericCodeOf } from "./numeric-code.ts";

/** What a unit of one's own is worth from a time on. */
export interface CostBasis {
  readonly referenceCurrency: string;
  /** Units of the reference currency for one unit, decimal above 0. */
  readonly value: string;
  /** Epoch milliseconds. */
  readonly effectiveFromMs: number;
}

/** A currency with what Exchange knows about it. */
export interface KnownCurrency extends Currency {
  /** ISO 4217, or declared by the operator. */
  readonly kind: "iso" | "custom";
  /** Sign for people; empty means the code. */
  readonly symbol: string;
  /** Whether it takes new accounts and rates. */
  readonly active: boolean;
  /** Three digits of ISO 4217; empty for a custom unit. */
  readonly numericCode: string;
  /** True for the base currency. */
  readonly base: boolean;
  /** When a new rate is held for review. */
  readonly guard: RateGuard;
  /** Oldest first; empty for a currency of ISO 4217. */
  readonly costBases: readonly CostBasis[];
  /** Increases with every change; 1 before the first. */
  readonly configVersion: number;
  /** Epoch milliseconds; undefined for ISO 4217. */
  readonly createdAtMs: number | undefined;
  /** Epoch milliseconds; undefined if it was never changed. */
  readonly updatedAtMs: number | undefined;
  /** Epoch milliseconds; undefined while it is active. */
  readonly deactivatedAtMs: number | undefined;
}

/** Which currencies; what is undefined does not filter. */
export interface CurrencyFilter {
  readonly kind?: KnownCurrency["kind"] | undefined;
  readonly active?: boolean | undefined;
  /** Text in code or name, without regard to case. */
  readonly text?: string | undefined;
}

/** A version of a currency's settings. */
export type CurrencyDocument = Pick<StoredDocument<CurrencyRecord>, "id" | "version" | "value">;

/** The currencies that there are, as they are now. In memory. */
export class CurrencyDirectory {
  readonly #byCode = new Map<string, KnownCurrency>();
  readonly #baseCode: string;

  /** @throws ExchangeError CURRENCY_UNKNOWN if there is no such base currency. */
  constructor(baseCurrency: string) {
    if (findIsoCurrency(baseCurrency) === undefined) throw unknownCurrency(baseCurrency);
    this.#baseCode = baseCurrency;
    for (const currency of listIsoCurrencies())
      this.#byCode.set(currency.code, describeIso(currency, currency.code === baseCurrency, undefined));
  }

  get base(): KnownCurrency {
    return this.require(this.#baseCode);
  }

  /** Takes over settings, unless newer ones are known. */
  apply(document: CurrencyDocument): void {
    const known = this.#byCode.get(document.id);
    const currency = this.describe(document);
    if (known === undefined || known.configVersion < currency.configVersion)
      this.#byCode.set(document.id, currency);
  }

  /** The currency that follows from its settings. */
  describe(document: CurrencyDocument): KnownCurrency {
    const { id, value } = document;
    if (value.kind === "custom") return describeCustom(document);
    const iso = findIsoCurrency(id);
    if (iso === undefined) throw unknownCurrency(id);
    return describeIso(iso, id === this.#baseCode, document);
  }

  find(code: string): KnownCurrency | undefined {
    return this.#byCode.get(code);
  }

  /** @throws ExchangeError CURRENCY_UNKNOWN. */
  require(code: string): KnownCurrency {
    const currency = this.#byCode.get(code);
    if (currency === undefined) throw unknownCurrency(code);
    return currency;
  }

  /** @throws ExchangeError CURRENCY_UNKNOWN, CURRENCY_INACTIVE. */
  requireActive(code: string): KnownCurrency {
    const currency = this.require(code);
    if (!currency.active)
      throw new ExchangeError("CURRENCY_INACTIVE", `${code} takes no new accounts, quotes and rates`, {
        metadata: { currency_code: code },
      });
    return currency;
  }

  /** Those that pass the filter, in order of code. */
  list(filter: CurrencyFilter = {}): readonly KnownCurrency[] {
    const text = filter.text?.toLowerCase() ?? "";
    return [...this.#byCode.values()]
      .filter(
        ({ kind, active, code, name }) =>
          (filter.kind === undefined || filter.kind === kind) &&
          (filter.active === undefined || filter.active === active) &&
          (code.toLowerCase().includes(text) || name.toLowerCase().includes(text)),
      )
      .sort((left, right) => (left.code < right.code ? -1 : 1));
  }
}

function describeIso(iso: Currency, base: boolean, document: CurrencyDocument | undefined): KnownCurrency {
  const settings = document?.value;
  return {
    code: iso.code,
    name: settings?.displayName ?? iso.name,
    minorDigits: iso.minorDigits,
    ledgerScale: settings?.ledgerScale ?? iso.ledgerScale,
    kind: "iso",
    symbol: settings?.symbol ?? "",
    active: settings?.deactivatedAtMs === undefined,
    numericCode: numericCodeOf(iso.code),
    base,
    guard: completeGuard(settings?.guard),
    costBases: [],
    // Unchanged it has version 1 and no document.
    configVersion: (document?.version ?? 0) + 1,
    createdAtMs: undefined,
    updatedAtMs: settings?.updatedAtMs,
    deactivatedAtMs: settings?.deactivatedAtMs,
  };
}

function describeCustom({ id, version, value }: CurrencyDocument): KnownCurrency {
  return {
    code: id,
    name: value.displayName ?? id,
    minorDigits: value.minorDigits ?? 0,
    ledgerScale: value.ledgerScale ?? 0,
    kind: "custom",
    symbol: value.symbol ?? "",
    active: value.deactivatedAtMs === undefined,
    numericCode: "",
    base: false,
    guard: completeGuard(value.guard),
    costBases: value.costBases,
    configVersion: version,
    createdAtMs: value.createdAtMs,
    updatedAtMs: version === 1 ? undefined : value.updatedAtMs,
    deactivatedAtMs: value.deactivatedAtMs,
  };
}

export function unknownCurrency(code: string): ExchangeError {
  return new ExchangeError("CURRENCY_UNKNOWN", `there is no currency ${code}`, {
    metadata: { currency_code: code },
  });
}

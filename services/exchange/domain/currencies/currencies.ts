import type { StoredDocument } from "#platform/documents/document.ts";
import type { ExchangeStore } from "../../store/exchange-store.ts";
import type { CurrencyRecord } from "../../store/records.ts";
import { ExchangeError } from "../exchange-error.ts";
import type { LiveExchange } from "../live-exchange.ts";
import type { RateGuard } from "../review/rate-guard-terms.ts";
import { changeRecord, digestOf, versionMismatch } from "../versioned-change.ts";
import type { CurrencyDirectory, KnownCurrency } from "./currency-directory.ts";
import { type RequestedCostBasis, requireFittingUnit, withCostBasis } from "./currency-settings.ts";
import { type CurrencyUpdate, updatedCurrency } from "./currency-update.ts";

/** A unit of one's own as it is asked for. */
export interface CurrencyCreation {
  readonly code: string;
  readonly displayName: string;
  readonly symbol: string;
  readonly minorDigits: number;
  readonly ledgerScale: number | undefined;
  readonly costBasis: RequestedCostBasis | undefined;
  readonly guard: RateGuard | undefined;
}

/** A change between active and inactive as it is asked for. */
export interface ActivationChange {
  readonly code: string;
  readonly active: boolean;
  /** 0 means any. */
  readonly configVersion: number;
  readonly comment: string;
}

/** What changing currencies needs. */
export interface CurrencyParts {
  readonly store: ExchangeStore;
  readonly live: LiveExchange;
  /** Whether Core has an account in a currency. */
  readonly hasAccounts: (code: string) => Promise<boolean>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const mostUnits = 1_000;

/** Creates and changes currencies. Errors are those that the contract states for each method. */
export class Currencies {
  readonly #parts: CurrencyParts;

  constructor(parts: CurrencyParts) {
    this.#parts = parts;
  }

  async create(asked: CurrencyCreation, createdBy: string): Promise<KnownCurrency> {
    const { store, now } = this.#parts;
    const { code, displayName, symbol, minorDigits, ledgerScale, costBasis, guard } = asked;
    const digest = digestOf(asked);
    if (this.#directory.find(code)?.kind === "iso") throw currencyExists(code, "is a code of ISO 4217");
    const change = (present: StoredDocument<CurrencyRecord> | undefined): CurrencyRecord | undefined => {
      if (present?.value.createDigest === digest) return undefined;
      if (present !== undefined) throw currencyExists(code, "exists with other settings");
      this.#requireRoom();
      const nowMs = now();
      const unit = requireFittingUnit({
        code,
        name: displayName,
        minorDigits,
        ...(ledgerScale === undefined ? {} : { ledgerScale }),
      });
      const costBases =
        costBasis === undefined ? [] : withCostBasis(this.#directory, code, [], costBasis, nowMs);
      return {
        kind: "custom",
        displayName,
        symbol,
        minorDigits: unit.minorDigits,
        ledgerScale: unit.ledgerScale,
        ...(guard === undefined ? {} : { guard: { ...guard } }),
        costBases: [...costBases],
        createdAtMs: nowMs,
        createDigest: digest,
        updatedAtMs: nowMs,
        changeDigest: digest,
        changedBy: createdBy,
        comment: "",
      };
    };
    const created = await changeRecord(store.currencies, { id: code, change });
    // A change that finds nothing makes a record.
    return this.#takeOver(created!);
  }

  async update(asked: CurrencyUpdate, changedBy: string): Promise<KnownCurrency> {
    const digest = digestOf(asked);
    return this.#change(asked.code, async (present, currency) => {
      if (currency.configVersion !== asked.configVersion) {
        const isRepeated =
          currency.configVersion === asked.configVersion + 1 && present?.value.changeDigest === digest;
        if (isRepeated) return undefined;
        throw versionMismatch(asked.code, currency.configVersion);
      }
      const nowMs = this.#parts.now();
      const record = updatedCurrency(this.#directory, currency, present?.value, asked, nowMs);
      if (asked.ledgerScale !== undefined && asked.ledgerScale !== currency.ledgerScale)
        await this.#requireUnused(currency);
      return { ...record, updatedAtMs: nowMs, changeDigest: digest, changedBy, comment: "" };
    });
  }

  async setActive(asked: ActivationChange, changedBy: string): Promise<KnownCurrency> {
    if (!asked.active && this.#directory.base.code === asked.code)
      throw new ExchangeError("CURRENCY_PROTECTED", `${asked.code} is the base currency and stays active`, {
        metadata: { currency_code: asked.code },
      });
    return this.#change(asked.code, (present, currency) => {
      if (currency.active === asked.active) return undefined;
      if (asked.configVersion !== 0 && asked.configVersion !== currency.configVersion)
        throw versionMismatch(asked.code, currency.configVersion);
      const nowMs = this.#parts.now();
      const { deactivatedAtMs: _, ...settings } = present?.value ?? { kind: currency.kind, costBases: [] };
      return {
        ...settings,
        ...(asked.active ? {} : { deactivatedAtMs: nowMs }),
        updatedAtMs: nowMs,
        changeDigest: digestOf(asked),
        changedBy,
        comment: asked.comment,
      };
    });
  }

  get #directory(): CurrencyDirectory {
    return this.#parts.live.state.currencies;
  }

  /** Changes a currency that there is; one of ISO 4217 has no record before its first change. */
  async #change(
    code: string,
    change: (
      present: StoredDocument<CurrencyRecord> | undefined,
      currency: KnownCurrency,
    ) => CurrencyRecord | undefined | Promise<CurrencyRecord | undefined>,
  ): Promise<KnownCurrency> {
    const known = this.#directory.require(code);
    const stored = await changeRecord(this.#parts.store.currencies, {
      id: code,
      change: (present) => change(present, present === undefined ? known : this.#directory.describe(present)),
    });
    return stored === undefined ? known : this.#takeOver(stored);
  }

  #takeOver(document: StoredDocument<CurrencyRecord>): KnownCurrency {
    this.#parts.live.takeOver((state) => state.applyCurrency(document));
    return this.#directory.describe(document);
  }

  #requireRoom(): void {
    if (this.#directory.list({ kind: "custom" }).length >= mostUnits)
      throw new ExchangeError("CURRENCY_LIMIT_REACHED", `${mostUnits} units of one's own exist already`, {
        metadata: { limit: String(mostUnits) },
      });
  }

  async #requireUnused({ code, ledgerScale }: KnownCurrency): Promise<void> {
    if (await this.#parts.hasAccounts(code))
      throw new ExchangeError(
        "CURRENCY_SCALE_FIXED",
        `accounts have ${code}, so it stays at ${ledgerScale} digits`,
        { metadata: { currency_code: code, ledger_scale: String(ledgerScale) } },
      );
  }
}

function currencyExists(code: string, why: string): ExchangeError {
  return new ExchangeError("CURRENCY_EXISTS", `${code} ${why}`, { metadata: { currency_code: code } });
}

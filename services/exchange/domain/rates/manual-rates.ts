import { Decimal } from "#money/decimal.ts";
import type { StoredDocument } from "#platform/documents/document.ts";
import { type ExchangeStore, pairId } from "../../store/exchange-store.ts";
import type { OverrideRecord } from "../../store/records.ts";
import { ExchangeError } from "../exchange-error.ts";
import type { LiveExchange } from "../live-exchange.ts";
import { changeRecord, digestOf, versionMismatch } from "../versioned-change.ts";
import { beginningMs } from "./beginning.ts";
import { overrideOf, standingOverride } from "./override-timeline.ts";
import { changePercent, exceeds, largestChange } from "./rate-change.ts";
import type { RateOverride } from "./rate-override.ts";
import { fixedProviderIds } from "./rate-source.ts";

/** A manual rate as it is asked for. */
export interface RequestedOverride {
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** Units of the quote currency for one of the base, decimal above 0. */
  readonly rate: string;
  /** Epoch milliseconds; undefined means now. */
  readonly effectiveFromMs: number | undefined;
  /** Epoch milliseconds; undefined means until it is cleared. */
  readonly endsAtMs: number | undefined;
  readonly acceptJump: boolean;
  /** 0 means that there is none; undefined means any. */
  readonly configVersion: number | undefined;
  readonly comment: string;
}

/** The end of a manual rate as it is asked for. */
export interface RequestedClearing {
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** 0 means any. */
  readonly configVersion: number;
  readonly comment: string;
}

/** What setting rates needs. */
export interface ManualRateParts {
  readonly store: ExchangeStore;
  readonly live: LiveExchange;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

type Present = StoredDocument<OverrideRecord> | undefined;

/** Sets and ends manual rates. Errors are those that the contract states for each method. */
export class ManualRates {
  readonly #parts: ManualRateParts;

  constructor(parts: ManualRateParts) {
    this.#parts = parts;
  }

  async set(asked: RequestedOverride, createdBy: string): Promise<RateOverride> {
    const { live, now } = this.#parts;
    const { baseCurrency, quoteCurrency } = asked;
    for (const code of [baseCurrency, quoteCurrency]) live.state.currencies.requireActive(code);
    if (baseCurrency === quoteCurrency)
      throw rateInvalid("quote_currency", "must be another one than base_currency");
    const digest = digestOf(asked);
    const stored = await this.#change(baseCurrency, quoteCurrency, (present) => {
      const nowMs = now();
      const standing = standingOverride(present, nowMs);
      if (standing !== undefined && present?.value.changeDigest === digest) return undefined;
      if (asked.configVersion !== undefined) requireVersion(asked, standing, asked.configVersion);
      const effectiveFromMs = beginningMs(asked.effectiveFromMs, nowMs, "effective_from");
      if (asked.endsAtMs !== undefined && asked.endsAtMs <= effectiveFromMs)
        throw rateInvalid("ends_at", "must lie after effective_from and after now");
      if (!asked.acceptJump) this.#requireNoJump(asked, nowMs);
      return {
        cleared: false,
        baseCurrency,
        quoteCurrency,
        rate: asked.rate,
        effectiveFromMs,
        ...(asked.endsAtMs === undefined ? {} : { endsAtMs: asked.endsAtMs }),
        createdAtMs: nowMs,
        changeDigest: digest,
        changedBy: createdBy,
        comment: asked.comment,
      };
    });
    return overrideOf(stored);
  }

  async clear(asked: RequestedClearing, changedBy: string): Promise<void> {
    const { live, now } = this.#parts;
    const { baseCurrency, quoteCurrency } = asked;
    for (const code of [baseCurrency, quoteCurrency]) live.state.currencies.require(code);
    const digest = digestOf(asked);
    await this.#change(baseCurrency, quoteCurrency, (present) => {
      const nowMs = now();
      if (present?.value.cleared && present.value.changeDigest === digest) return undefined;
      const standing = standingOverride(present, nowMs);
      if (present === undefined || standing === undefined) throw overrideNotFound(asked);
      if (asked.configVersion !== 0) requireVersion(asked, standing, asked.configVersion);
      const { endsAtMs: _, ...ended } = present.value;
      return {
        ...ended,
        cleared: true,
        effectiveFromMs: nowMs,
        createdAtMs: nowMs,
        changeDigest: digest,
        changedBy,
        comment: asked.comment,
      };
    });
  }

  async #change(
    one: string,
    other: string,
    change: (present: Present) => OverrideRecord | undefined,
  ): Promise<StoredDocument<OverrideRecord>> {
    const { store, live } = this.#parts;
    const id = pairId(one, other);
    const stored = await changeRecord(store.overrides, { id, change });
    await live.takeOverOverride(id);
    // Both changes make a record or find one.
    return stored!;
  }

  /** Against what the providers say, or the manual rate before if they say nothing. */
  #requireNoJump({ baseCurrency, quoteCurrency, rate }: RequestedOverride, nowMs: number): void {
    const { book, currencies } = this.#parts.live.state;
    const published = book.atFrom(nowMs, (providerId) => providerId !== fixedProviderIds.manual);
    const lastGood =
      published.lastKnown(baseCurrency, quoteCurrency) ??
      book.at(nowMs).lastKnown(baseCurrency, quoteCurrency);
    if (lastGood === undefined) return;
    const change = changePercent(Decimal.parse(rate), lastGood.factor);
    const allowed = largestChange([currencies.require(baseCurrency), currencies.require(quoteCurrency)]);
    if (exceeds(change, allowed))
      throw new ExchangeError(
        "RATE_JUMP",
        `the rate differs by ${change} % from the last good one, ${lastGood.displayRate}, more than ${allowed} %`,
        { metadata: { last_good_rate: lastGood.displayRate, change_percent: change.toString() } },
      );
  }
}

function requireVersion(
  { baseCurrency, quoteCurrency }: RequestedClearing | RequestedOverride,
  standing: RateOverride | undefined,
  configVersion: number,
): void {
  const present = standing?.configVersion ?? 0;
  if (configVersion !== present)
    throw versionMismatch(`the manual rate of ${baseCurrency} and ${quoteCurrency}`, present);
}

function rateInvalid(field: string, description: string): ExchangeError {
  return new ExchangeError("RATE_INVALID", `${field} ${description}`, { fields: [{ field, description }] });
}

function overrideNotFound({ baseCurrency, quoteCurrency }: RequestedClearing): ExchangeError {
  return new ExchangeError(
    "RATE_OVERRIDE_NOT_FOUND",
    `${baseCurrency} and ${quoteCurrency} have no manual rate`,
    { metadata: { base_currency: baseCurrency, quote_currency: quoteCurrency } },
  );
}

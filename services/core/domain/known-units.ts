import type { LedgerUnit } from "./results.ts";

/** Accounts whose units are remembered: a few megabytes. */
const mostKnown = 50_000;

/**
 * The currencies and scales of accounts. An account never changes them, so that what is named in its currency can
 * be booked without reading it first; the ledger compares them when it books, since a database may be replaced.
 */
export class KnownUnits {
  readonly #units = new Map<string, LedgerUnit>();

  get(accountId: string): LedgerUnit | undefined {
    return this.#units.get(accountId);
  }

  /** Keeps a unit; the one kept longest makes room where there is none. */
  remember(accountId: string, { currencyCode, ledgerScale }: LedgerUnit): void {
    if (this.#units.has(accountId)) return;
    if (this.#units.size === mostKnown) this.#units.delete(this.#units.keys().next().value as string);
    this.#units.set(accountId, { currencyCode, ledgerScale });
  }

  forget(accountId: string): void {
    this.#units.delete(accountId);
  }
}

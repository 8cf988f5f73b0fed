import type { StoredDocument } from "#platform/documents/document.ts";
import type { PublicationRecord } from "../../store/records.ts";
import type { Publication } from "../rates/rate-book.ts";
import { type HeldRate, heldRateId } from "./held-rate.ts";

/** What a provider published last. */
export interface LastPublication {
  readonly baseCurrency: string;
  /** Epoch milliseconds. */
  readonly publishedAtMs: number;
  /** Sorted; held ones included. */
  readonly currencies: readonly string[];
  /** True if it came with the software. */
  readonly bundled: boolean;
}

/** What is known of publications besides their rates: the newest of each provider, and what a guard held. */
export class PublicationLog {
  readonly #versions = new Map<string, number>();
  readonly #last = new Map<string, LastPublication>();
  readonly #held = new Map<string, Omit<HeldRate, "state"> & { readonly decision: HeldRate["state"] }>();
  /** Provider → currency → when its newest rate was published, held ones included. */
  readonly #newest = new Map<string, Map<string, number>>();

  /** Takes note of what came with the software. */
  noteBundled(providerId: string, { baseCurrency, publishedAtMs, rates }: Publication): void {
    if (publishedAtMs > (this.#last.get(providerId)?.publishedAtMs ?? 0))
      this.#last.set(providerId, {
        baseCurrency,
        publishedAtMs,
        currencies: [...rates.keys()].sort(),
        bundled: true,
      });
  }

  /** Takes over a publication; false if this version or a newer one is known. */
  apply(
    providerId: string,
    { id, version, value }: Pick<StoredDocument<PublicationRecord>, "id" | "version" | "value">,
  ): boolean {
    const key = `${providerId}:${id}`;
    if ((this.#versions.get(key) ?? 0) >= version) return false;
    this.#versions.set(key, version);
    // A date that may never come makes nothing newest.
    const held = value.held.filter(({ reason, state }) => reason !== "future-date" || state === "approved");
    const currencies = Object.keys(value.rates).concat(held.map(({ currency }) => currency));
    const newest = this.#newest.get(providerId) ?? new Map<string, number>();
    this.#newest.set(providerId, newest);
    for (const currency of currencies)
      if ((newest.get(currency) ?? 0) < value.publishedAtMs) newest.set(currency, value.publishedAtMs);
    if (currencies.length > 0 && value.publishedAtMs >= (this.#last.get(providerId)?.publishedAtMs ?? 0))
      this.#last.set(providerId, {
        baseCurrency: value.baseCurrency,
        publishedAtMs: value.publishedAtMs,
        currencies: [...new Set(currencies)].sort(),
        bundled: false,
      });
    this.#noteHeld(providerId, value);
    return true;
  }

  /** The newest publication of a provider; undefined if there is none. */
  last(providerId: string): LastPublication | undefined {
    return this.#last.get(providerId);
  }

  /** A held rate; undefined if there is none. */
  held(id: string): HeldRate | undefined {
    const found = this.#held.get(id);
    if (found === undefined) return undefined;
    const { decision, ...held } = found;
    return { ...held, state: decision === "held" && this.#isSuperseded(found) ? "superseded" : decision };
  }

  /** Every held rate, newest first. */
  heldRates(): readonly HeldRate[] {
    return [...this.#held.keys()]
      .map((id) => this.held(id)!)
      .sort(
        (left, right) =>
          right.fetchedAtMs - left.fetchedAtMs || (left.heldRateId < right.heldRateId ? -1 : 1),
      );
  }

  /** How many of a provider's rates wait for review. */
  waitingCount(providerId: string): number {
    let count = 0;
    for (const held of this.#held.values())
      if (held.providerId === providerId && held.decision === "held" && !this.#isSuperseded(held)) count += 1;
    return count;
  }

  #noteHeld(providerId: string, publication: PublicationRecord): void {
    const { baseCurrency, publishedAtMs } = publication;
    for (const [number, held] of publication.held.entries()) {
      const id = heldRateId(providerId, publishedAtMs, number);
      const decision = isReplaced(publication, number) ? "superseded" : held.state;
      this.#held.set(id, { ...held, heldRateId: id, providerId, baseCurrency, publishedAtMs, decision });
    }
  }

  /** A revision of a past day concerns that day, whatever was published later. */
  #isSuperseded({ providerId, currency, publishedAtMs, reason }: Omit<HeldRate, "state">): boolean {
    return reason !== "revised" && (this.#newest.get(providerId)?.get(currency) ?? 0) > publishedAtMs;
  }
}

/** Whether another rate for the same time came after this one was held, before it was decided. */
function isReplaced({ rates, held }: PublicationRecord, number: number): boolean {
  const { currency, state, reason } = held[number]!;
  if (state !== "held") return false;
  const isLast = held.findLastIndex((each) => each.currency === currency) === number;
  return !isLast || (reason !== "revised" && currency in rates);
}

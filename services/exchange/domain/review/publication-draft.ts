import { Decimal } from "#money/decimal.ts";
import type { StoredDocument } from "#platform/documents/document.ts";
import type { HeldRecord, PublicationRecord } from "../../store/records.ts";
import type { Publication } from "../rates/rate-book.ts";

/** A publication as it is stored. */
export type StoredPublication = Pick<StoredDocument<PublicationRecord>, "version" | "value">;

/** Who decided about a rate whose date was in the future when that date has come. */
const calendar = { decidedBy: "calendar", comment: "its date has come" } as const;

/** A publication as it is to be stored, begun from what is stored of it already. */
export class PublicationDraft {
  readonly publication: Publication;
  /** 0 if nothing is stored of it. */
  readonly storedVersion: number;
  readonly #nowMs: number;
  readonly #fetchedAtMs: number;
  readonly #rates: Map<string, string>;
  readonly #added = new Set<string>();
  readonly #held: HeldRecord[];
  #heldCount = 0;
  #released = false;

  constructor(publication: Publication, stored: StoredPublication | undefined, nowMs: number) {
    this.publication = publication;
    this.storedVersion = stored?.version ?? 0;
    this.#nowMs = nowMs;
    this.#fetchedAtMs = stored?.value.fetchedAtMs ?? nowMs;
    this.#rates = new Map(Object.entries(stored?.value.rates ?? {}));
    this.#held = [...(stored?.value.held ?? [])];
  }

  /** Rates that this draft brings into force. */
  get acceptedCount(): number {
    return this.#added.size;
  }

  /** Rates that this draft holds for review. */
  get heldCount(): number {
    return this.#heldCount;
  }

  get isChanged(): boolean {
    return this.#added.size > 0 || this.#heldCount > 0 || this.#released;
  }

  /** Currencies that this draft brings into force, with their rates. */
  added(): ReadonlyArray<readonly [currency: string, digits: string]> {
    return [...this.#added].map((currency) => [currency, this.#rates.get(currency) ?? ""]);
  }

  /** Whether a rate with these digits is in force, or was held and is not to be asked about again. */
  knows(currency: string, digits: string, isFuture: boolean): boolean {
    const inForce = this.#rates.get(currency);
    if (inForce !== undefined && isEqual(inForce, digits)) return true;
    return this.#held.some(
      (held) =>
        held.currency === currency &&
        isEqual(held.digits, digits) &&
        (held.state === "rejected" || (held.state === "held" && (held.reason !== "future-date" || isFuture))),
    );
  }

  /** Whether the provider published another rate for this time before, and it is in force. */
  hasRate(currency: string): boolean {
    return this.#rates.has(currency);
  }

  accept(currency: string, digits: string): void {
    this.#release(currency);
    this.#rates.set(currency, digits);
    this.#added.add(currency);
  }

  /** Takes back what this draft brought into force. */
  drop(currency: string): void {
    if (this.#added.delete(currency)) this.#rates.delete(currency);
  }

  hold(
    currency: string,
    digits: string,
    why: Pick<HeldRecord, "reason" | "changePercent" | "others"> & Partial<Pick<HeldRecord, "lastGood">>,
  ): void {
    this.#release(currency);
    this.#held.push({
      currency,
      digits,
      ...why,
      fetchedAtMs: this.#nowMs,
      state: "held",
      decidedBy: "",
      comment: "",
    });
    this.#heldCount += 1;
  }

  record(): PublicationRecord {
    return {
      baseCurrency: this.publication.baseCurrency,
      publishedAtMs: this.publication.publishedAtMs,
      fetchedAtMs: this.#fetchedAtMs,
      rates: Object.fromEntries(this.#rates),
      held: this.#held,
    };
  }

  /** A rate that waits for nothing but its date is judged anew when that has come. */
  #release(currency: string): void {
    for (const [number, held] of this.#held.entries()) {
      if (held.currency !== currency || held.state !== "held" || held.reason !== "future-date") continue;
      this.#held[number] = { ...held, ...calendar, state: "approved", decidedAtMs: this.#nowMs };
      this.#released = true;
    }
  }
}

function isEqual(left: string, right: string): boolean {
  return left === right || Decimal.parse(left).equals(Decimal.parse(right));
}

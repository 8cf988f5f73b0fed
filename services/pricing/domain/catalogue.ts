import { defaultPriceBook, type Price, type PriceVersion, versionInForce } from "./price.ts";
import { PricingError } from "./pricing-error.ts";

/** Where a price is found: in a book at a time, or as this very version. */
export type PriceSelector =
  | { readonly kind: "book"; readonly priceBook: string; readonly atMs: number }
  | { readonly kind: "version"; readonly versionId: string };

/** A price with the version that was selected. */
export interface SelectedPrice {
  readonly price: Price;
  readonly version: PriceVersion;
}

const suggestedIds = 3;

/** All prices, in memory. Immutable. */
export class Catalogue {
  /** In order of id. */
  readonly prices: readonly Price[];
  readonly #byId: ReadonlyMap<string, Price>;
  readonly #versions: ReadonlyMap<string, PriceVersion>;
  /** Ids by their last part in lower case, for hints. */
  readonly #idsByLastPart: ReadonlyMap<string, readonly string[]>;

  /** @throws Error if two prices have the same id or two versions do. */
  constructor(prices: readonly Price[]) {
    this.prices = prices.toSorted((left, right) => (left.priceId < right.priceId ? -1 : 1));
    this.#byId = new Map(prices.map((price) => [price.priceId, price]));
    if (this.#byId.size !== prices.length) throw new Error("two prices have the same id");
    const versions = prices.flatMap((price) => price.versions);
    this.#versions = new Map(versions.map((version) => [version.versionId, version]));
    if (this.#versions.size !== versions.length) throw new Error("two versions have the same id");
    this.#idsByLastPart = Map.groupBy([...this.#byId.keys()], lastPartOf);
  }

  /** @throws PricingError PRICE_NOT_FOUND, with the ids that may have been meant. */
  find(priceId: string, priceBook: string = defaultPriceBook): Price {
    const price = this.#byId.get(priceId);
    if (price !== undefined) return price;
    const near = (this.#idsByLastPart.get(lastPartOf(priceId)) ?? [])
      .toSorted((left, right) => left.length - right.length || (left < right ? -1 : 1))
      .slice(0, suggestedIds);
    const hint = near.length === 0 ? "" : `; perhaps ${near.join(" or ")} is meant`;
    throw new PricingError("PRICE_NOT_FOUND", `there is no price ${priceId}${hint}`, {
      metadata: { price_id: priceId, price_book: priceBook || defaultPriceBook },
    });
  }

  /**
   * The price with the version that is in force, or with the one that is named.
   *
   * @throws PricingError PRICE_BOOK_NOT_FOUND, PRICE_NOT_FOUND (also before the first version),
   *   PRICE_VERSION_NOT_FOUND (also when the version belongs to another price).
   */
  select(priceId: string, selector: PriceSelector): SelectedPrice {
    if (selector.kind === "version") return this.#selectVersion(priceId, selector.versionId);
    this.requireBook(selector.priceBook);
    const price = this.find(priceId, selector.priceBook);
    const version = versionInForce(price, selector.atMs);
    if (version !== undefined) return { price, version };
    const firstMs = price.versions[0]?.effectiveFromMs ?? 0;
    throw new PricingError(
      "PRICE_NOT_FOUND",
      `the price ${priceId} is in force only from ${new Date(firstMs).toISOString()}`,
      { metadata: { price_id: priceId, price_book: defaultPriceBook } },
    );
  }

  /** @throws PricingError PRICE_BOOK_NOT_FOUND; empty means the book "default". */
  requireBook(priceBook: string): void {
    if (priceBook === "" || priceBook === defaultPriceBook) return;
    throw new PricingError("PRICE_BOOK_NOT_FOUND", `there is no price book ${priceBook}`, {
      metadata: { price_book: priceBook },
    });
  }

  #selectVersion(priceId: string, versionId: string): SelectedPrice {
    const price = this.find(priceId);
    const version = this.#versions.get(versionId);
    if (version?.priceId === priceId) return { price, version };
    throw new PricingError(
      "PRICE_VERSION_NOT_FOUND",
      version === undefined
        ? `there is no price version ${versionId}`
        : `the version ${versionId} belongs to another price, not to ${priceId}`,
      { metadata: { price_id: priceId, price_version: versionId } },
    );
  }
}

function lastPartOf(priceId: string): string {
  return priceId.slice(priceId.lastIndexOf("/") + 1).toLowerCase();
}

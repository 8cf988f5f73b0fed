import { readDocumentChange } from "#platform/documents/document-change.ts";
import type { DocumentWrite } from "#platform/documents/document-collection.ts";
import { type FeedReader, followFeed } from "#platform/feed/follow-feed.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { CatalogueStore } from "../../store/catalogue-store.ts";
import { PricingError } from "../pricing-error.ts";
import { CatalogueState } from "./catalogue-state.ts";
import type { HeadRecord } from "./heads.ts";
import type { PriceRecord, VersionRecord } from "./records.ts";
import {
  type PriceSelector,
  recordIdsOf,
  type SelectedVersion,
  selectVersion,
  versionNotFound,
} from "./select-price.ts";
import { endOf } from "./timeline.ts";

/** How old the prices that come with the software may be. */
export interface BundledRule {
  /** Whether they may be used beyond the age. */
  readonly allowed: boolean;
  readonly maxAgeMs: number;
}

export interface LiveCatalogueOptions {
  readonly redis: Redis;
  readonly bundled: BundledRule;
  readonly now: () => number;
  /** Told of lost connections and of what could not be read. */
  readonly onError: (error: unknown) => void;
}

/** Usage may be priced so long after it happened without asking Redis. */
const keptMs = 8 * 86_400_000;

/**
 * The catalogue in memory, kept up to date by the change feed: what another instance changed shows within
 * milliseconds, and pricing asks Redis for nothing but versions of long ago.
 */
export class LiveCatalogue {
  readonly state = new CatalogueState();
  readonly store: CatalogueStore<VersionRecord, HeadRecord>;
  readonly now: () => number;
  readonly #options: LiveCatalogueOptions;
  #reader: FeedReader | undefined;

  constructor(options: LiveCatalogueOptions) {
    this.#options = options;
    this.now = options.now;
    this.store = new CatalogueStore(options.redis);
  }

  /** Follows the catalogue from now on; resolves when all of it is in memory. */
  async open(): Promise<void> {
    this.#reader = followFeed({
      redis: this.#options.redis,
      key: this.store.heads.feedKey,
      reload: () => this.#reload(),
      apply: (changes) => this.#apply(changes.map(({ data }) => data)),
      onError: this.#options.onError,
    });
    await this.#reader.ready;
  }

  async close(): Promise<void> {
    await this.#reader?.stop();
  }

  /**
   * The version that a selector names, from memory; undefined when it must be read from Redis first.
   *
   * @throws PricingError as `selectVersion`, and PRICE_STALE.
   */
  trySelect(priceId: string, selector: PriceSelector): SelectedVersion | undefined {
    const selected = selectVersion(this.state, priceId, selector);
    if (selected !== undefined && selector.kind === "book") this.#requireFresh(selected);
    return selected;
  }

  /** The version that a selector names, wherever it is. */
  async select(priceId: string, selector: PriceSelector): Promise<SelectedVersion> {
    const selected = this.trySelect(priceId, selector);
    if (selected !== undefined) return selected;
    await this.prefetch(priceId, selector);
    return this.selectLoaded(priceId, selector);
  }

  /** The same after `prefetch`: what is not in memory now is nowhere. */
  selectLoaded(priceId: string, selector: PriceSelector): SelectedVersion {
    const selected = this.trySelect(priceId, selector);
    if (selected !== undefined) return selected;
    if (selector.kind === "book") throw new Error(`terms of ${priceId} are named and nowhere`);
    throw versionNotFound(priceId, selector.versionId, `there is no price version ${selector.versionId}`);
  }

  /** Reads what a selector names and memory lacks. */
  async prefetch(priceId: string, selector: PriceSelector): Promise<void> {
    const versionIds =
      selector.kind === "version"
        ? [selector.versionId]
        : this.state.requirePrice(priceId).record.versions.map(({ versionId }) => versionId);
    await this.loadVersions(versionIds.flatMap(recordIdsOf));
  }

  /** Reads versions that memory lacks. */
  async loadVersions(ids: readonly string[]): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => !this.state.hasVersion(id));
    if (missing.length > 0) this.state.takeAskedFor(await this.store.readVersions(missing));
  }

  /**
   * Changes the catalogue, all or nothing, and shows it here at once.
   *
   * @param versions new ones, that `writes` name
   */
  async write(
    versions: ReadonlyArray<readonly [id: string, version: VersionRecord]>,
    writes: ReadonlyArray<DocumentWrite<HeadRecord>>,
  ): Promise<void> {
    await this.store.stageVersions(versions);
    await this.store.writeHeads(writes);
    this.state.takeVersions(versions.map(([, version]) => version));
    await this.refresh(writes.map(({ id }) => id));
  }

  /** What cannot be used because the software that it came with is too old. */
  #requireFresh({ terms }: SelectedVersion): void {
    const { allowed, maxAgeMs } = this.#options.bundled;
    if (allowed || terms.origin !== "bundled") return;
    if (this.now() - terms.effectiveFromMs <= maxAgeMs) return;
    if (this.state.price(terms.priceId)?.record.sourceId !== "") return;
    const day = new Date(terms.effectiveFromMs).toISOString().slice(0, 10);
    throw new PricingError(
      "PRICE_STALE",
      `the price ${terms.priceId} came with the software and is of ${day}; import current prices`,
      { metadata: { price_id: terms.priceId, date: day } },
    );
  }

  async #reload(): Promise<void> {
    const { documents, unreadable } = await this.store.heads.readAll();
    for (const fault of unreadable) this.#options.onError(fault);
    const named = documents.flatMap(({ value }) => this.#versionsNamedBy(value));
    const missing = [...new Set(named)].filter((id) => !this.state.hasVersion(id));
    const versions = await this.store.readVersions(missing);
    this.state.takeVersions(versions);
    this.state.forgetHeads();
    for (const document of documents) this.state.take(document);
  }

  async #apply(changes: readonly string[]): Promise<void> {
    const ofHeads = changes
      .map(readDocumentChange)
      .filter(({ collection }) => collection === this.store.heads.name);
    if (ofHeads.length === 0) return;
    if (ofHeads.some(({ ids }) => ids === undefined)) return this.#reload();
    await this.refresh([...new Set(ofHeads.flatMap(({ ids }) => ids ?? []))]);
  }

  /** Reads heads anew, for who must not be answered from before another instance's change. */
  async refresh(ids: readonly string[]): Promise<void> {
    const documents = (await this.store.readHeads(ids)).filter((document) => document !== undefined);
    const named = documents.flatMap(({ value }) => this.#versionsNamedBy(value));
    const missing = [...new Set(named)].filter((id) => !this.state.hasVersion(id));
    if (missing.length > 0) this.state.takeVersions(await this.store.readVersions(missing));
    for (const document of documents) this.state.take(document);
  }

  /** Ids of the versions that pricing may need of a head. */
  #versionsNamedBy(head: HeadRecord): string[] {
    switch (head.kind) {
      case "price":
        return this.#neededOf(head);
      case "book":
        return head.settings.map(({ changeId }) => changeId).filter((id) => id !== "");
      case "override":
        return head.entries.flatMap(({ what }) =>
          what.kind === "terms" ? [what.versionId] : what.kind === "change" ? [what.changeId] : [],
        );
      default:
        return [];
    }
  }

  #neededOf({ versions }: PriceRecord): string[] {
    const sinceMs = this.now() - keptMs;
    return versions
      .filter((version) => (endOf(versions, version) ?? Number.POSITIVE_INFINITY) > sinceMs)
      .map(({ versionId }) => versionId);
  }
}

import { documentFeedKey } from "#platform/documents/collection-keys.ts";
import { DocumentCollection } from "#platform/documents/document-collection.ts";
import { recordCodec } from "#platform/documents/record-codec.ts";
import type { Redis } from "#platform/redis/redis.ts";
import {
  type CurrencyRecord,
  currencyRecord,
  type OverrideRecord,
  overrideRecord,
  type ProviderRecord,
  type PublicationRecord,
  providerRecord,
  publicationRecord,
} from "./records.ts";

/** Hash tag of everything that Exchange keeps. */
export const exchangeTag = "exchange";

/** A publication of 200 rates that are all held, each with 20 others beside it, stays below. */
const publicationBytes = 1 << 20;

/** The documents of Exchange, each with its versions; all changes come on one feed. */
export class ExchangeStore {
  readonly redis: Redis;
  readonly feedKey: string = documentFeedKey(exchangeTag);
  /** By code. */
  readonly currencies: DocumentCollection<CurrencyRecord>;
  /** By pair, see {@link pairId}. */
  readonly overrides: DocumentCollection<OverrideRecord>;
  /** By provider id. */
  readonly providers: DocumentCollection<ProviderRecord>;
  readonly #publications = new Map<string, DocumentCollection<PublicationRecord>>();

  /** @param providerIds those whose publications are kept. */
  constructor(redis: Redis, providerIds: readonly string[]) {
    const collection = { redis, tag: exchangeTag };
    this.redis = redis;
    this.currencies = new DocumentCollection({
      ...collection,
      name: "currencies",
      codec: recordCodec(currencyRecord),
    });
    this.overrides = new DocumentCollection({
      ...collection,
      name: "overrides",
      codec: recordCodec(overrideRecord),
    });
    this.providers = new DocumentCollection({
      ...collection,
      name: "providers",
      codec: recordCodec(providerRecord),
    });
    const codec = recordCodec(publicationRecord);
    for (const id of providerIds) {
      const publications = { ...collection, name: `${publicationsPrefix}${id}`, codec };
      this.#publications.set(
        id,
        new DocumentCollection({ ...publications, documentBytes: publicationBytes }),
      );
    }
  }

  /** A provider's publications, by {@link publicationId}. */
  publications(providerId: string): DocumentCollection<PublicationRecord> {
    const collection = this.#publications.get(providerId);
    if (collection === undefined) throw new RangeError(`no publications of ${providerId} are kept`);
    return collection;
  }

  /** Whose publications a collection of this name holds; undefined for other collections. */
  providerOfCollection(name: string): string | undefined {
    const id = name.startsWith(publicationsPrefix) ? name.slice(publicationsPrefix.length) : "";
    return this.#publications.has(id) ? id : undefined;
  }

  get providerIds(): readonly string[] {
    return [...this.#publications.keys()];
  }
}

const publicationsPrefix = "publications-";

/** Id of a publication; in the order of time. */
export function publicationId(publishedAtMs: number): string {
  return new Date(publishedAtMs).toISOString();
}

/** Id of a pair in either direction. */
export function pairId(one: string, other: string): string {
  return one < other ? `${one}:${other}` : `${other}:${one}`;
}

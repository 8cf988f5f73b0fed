import type { StoredDocument } from "#platform/documents/document.ts";
import { type DocumentChange, readDocumentChange } from "#platform/documents/document-change.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import { type FeedReader, followFeed } from "#platform/feed/follow-feed.ts";
import type { Redis } from "#platform/redis/redis.ts";

/** Which collections to keep in memory. */
export interface LiveDocumentsOptions {
  readonly redis: Redis;
  /** The feed that all of them publish on. */
  readonly feedKey: string;
  readonly collections: ReadonlyArray<DocumentCollection<unknown>>;
  /** Told of lost connections and of records that cannot be read, for example a later release's. */
  readonly onError: (error: unknown) => void;
}

type Documents = Map<string, StoredDocument<unknown>>;

/** The documents of some collections in memory, kept up to date with what this and other instances write. */
export class LiveDocuments {
  readonly #options: LiveDocumentsOptions;
  readonly #listeners = new Set<() => void>();
  #documents = new Map<string, Documents>();
  #reader: FeedReader | undefined;

  constructor(options: LiveDocumentsOptions) {
    this.#options = options;
  }

  /** Resolves when everything was loaded, then follows the changes. */
  async start(): Promise<void> {
    const { redis, feedKey, onError } = this.#options;
    this.#reader = followFeed({
      redis,
      key: feedKey,
      reload: () => this.#reload(),
      apply: (changes) => this.#apply(changes.map(({ data }) => readDocumentChange(data))),
      onError,
    });
    await this.#reader.ready;
  }

  async stop(): Promise<void> {
    await this.#reader?.stop();
  }

  /** Those of a collection that are not archived, in order of their ids. */
  all<T>(collection: DocumentCollection<T>): ReadonlyArray<StoredDocument<T>> {
    const documents = [...(this.#documents.get(collection.name)?.values() ?? [])];
    const living = documents.filter(({ archived }) => !archived) as Array<StoredDocument<T>>;
    return living.sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  /** Undefined if there is none, or it is archived. */
  get<T>(collection: DocumentCollection<T>, id: string): StoredDocument<T> | undefined {
    const found = this.#documents.get(collection.name)?.get(id) as StoredDocument<T> | undefined;
    return found?.archived ? undefined : found;
  }

  /** Calls back after every change, until the function that it gives is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes over what this instance has just written, before the feed tells of it. */
  takeOver<T>(collection: DocumentCollection<T>, document: StoredDocument<T>): void {
    this.#put(this.#documents, collection.name, document);
    this.#tell();
  }

  /** Never an older version over a newer one: the feed may tell late of what was taken over. */
  #put(into: Map<string, Documents>, name: string, document: StoredDocument<unknown>): void {
    const documents: Documents = into.get(name) ?? new Map();
    into.set(name, documents);
    const known = documents.get(document.id);
    if (known === undefined || known.version <= document.version) documents.set(document.id, document);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #reload(): Promise<void> {
    const loaded = new Map<string, Documents>();
    for (const collection of this.#options.collections) await this.#loadAll(loaded, collection);
    this.#documents = loaded;
    this.#tell();
  }

  async #apply(changes: readonly DocumentChange[]): Promise<void> {
    for (const [name, group] of Map.groupBy(changes, (change) => change.collection)) {
      const collection = this.#options.collections.find((each) => each.name === name);
      if (collection === undefined) continue;
      const ids = group.map((change) => change.ids);
      if (ids.includes(undefined)) await this.#loadAll(this.#documents, collection);
      else {
        const changed = await collection.getMany([...new Set(ids.flatMap((each) => each ?? []))]);
        for (const document of changed)
          if (document !== undefined) this.#put(this.#documents, name, document);
      }
    }
    this.#tell();
  }

  async #loadAll(into: Map<string, Documents>, collection: DocumentCollection<unknown>): Promise<void> {
    const page = await collection.readAll({ includeArchived: true });
    for (const fault of page.unreadable) this.#options.onError(fault);
    for (const document of page.documents) this.#put(into, collection.name, document);
  }
}

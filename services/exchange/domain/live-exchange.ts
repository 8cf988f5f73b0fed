import type { StoredDocument } from "#platform/documents/document.ts";
import { type DocumentChange, readDocumentChange } from "#platform/documents/document-change.ts";
import type { DocumentCollection, DocumentPage } from "#platform/documents/document-collection.ts";
import { type FeedReader, followFeed } from "#platform/feed/follow-feed.ts";
import type { ExchangeStore } from "../store/exchange-store.ts";
import type { OverrideRecord } from "../store/records.ts";
import type { ExchangeState } from "./exchange-state.ts";
import { inSlices } from "./in-slices.ts";

/** Where the state comes from. */
export interface LiveExchangeOptions {
  readonly store: ExchangeStore;
  /** A state with what needs no store: the catalogue of providers, the rates that came with the software. */
  createState(): ExchangeState;
  /** Told of lost connections and of records that cannot be read, for example a later release's. */
  readonly onError: (error: unknown) => void;
}

const versionsPerPage = 1_000;

/** The state of Exchange, kept up to date with what this and other instances write. */
export class LiveExchange {
  readonly #options: LiveExchangeOptions;
  readonly #listeners = new Set<() => void>();
  #state: ExchangeState;
  #reader: FeedReader | undefined;

  constructor(options: LiveExchangeOptions) {
    this.#options = options;
    this.#state = options.createState();
  }

  /** As it is now; after a loss of changes another one takes its place, so that it is not to be held on to. */
  get state(): ExchangeState {
    return this.#state;
  }

  /** Resolves when everything was loaded, then follows the changes. */
  async start(): Promise<void> {
    const { store, onError } = this.#options;
    this.#reader = followFeed({
      redis: store.redis,
      key: store.feedKey,
      reload: () => this.#reload(),
      apply: (changes) => this.#apply(changes.map(({ data }) => readDocumentChange(data))),
      onError,
    });
    await this.#reader.ready;
  }

  async stop(): Promise<void> {
    await this.#reader?.stop();
  }

  /** Calls back after every change, until the function that it gives is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes over what this instance has just written, before the feed tells of it. */
  takeOver(change: (state: ExchangeState) => void): void {
    change(this.#state);
    for (const listener of this.#listeners) listener();
  }

  /** Reads a pair's manual rate anew, with all its versions. */
  async takeOverOverride(pair: string): Promise<void> {
    const versions = await this.#versionsOf(pair);
    this.takeOver((state) => state.applyOverride(pair, versions));
  }

  async #reload(): Promise<void> {
    const { store, createState } = this.#options;
    const state = createState();
    const names = [store.currencies, store.overrides, store.providers].map(({ name }) => name);
    for (const name of names) await this.#loadAll(state, name);
    for (const providerId of store.providerIds)
      await this.#loadAll(state, store.publications(providerId).name);
    this.#state = state;
    this.takeOver(() => {});
  }

  async #apply(changes: readonly DocumentChange[]): Promise<void> {
    for (const [name, group] of Map.groupBy(changes, ({ collection }) => collection)) {
      const ids = group.map((change) => change.ids);
      if (ids.includes(undefined)) await this.#loadAll(this.#state, name);
      else await this.#loadSome(this.#state, name, [...new Set(ids.flatMap((each) => each ?? []))]);
    }
    this.takeOver(() => {});
  }

  async #loadAll(state: ExchangeState, name: string): Promise<void> {
    const { store, onError } = this.#options;
    const take = async <T>(collection: DocumentCollection<T>, apply: Applying<T>) => {
      const page: DocumentPage<T> = await collection.readAll();
      for (const fault of page.unreadable) onError(fault);
      await inSlices(page.documents, apply);
    };
    await this.#forCollection(store, state, name, take);
  }

  async #loadSome(state: ExchangeState, name: string, ids: readonly string[]): Promise<void> {
    const { store } = this.#options;
    const take = async <T>(collection: DocumentCollection<T>, apply: Applying<T>) => {
      for (const document of await collection.getMany(ids)) if (document !== undefined) await apply(document);
    };
    await this.#forCollection(store, state, name, take);
  }

  /** What reading a collection means for the state; other collections of the tag mean nothing. */
  async #forCollection(
    store: ExchangeStore,
    state: ExchangeState,
    name: string,
    take: <T>(collection: DocumentCollection<T>, apply: Applying<T>) => Promise<void>,
  ): Promise<void> {
    const providerId = store.providerOfCollection(name);
    if (name === store.currencies.name) await take(store.currencies, (each) => state.applyCurrency(each));
    else if (name === store.providers.name) await take(store.providers, (each) => state.applyProvider(each));
    else if (name === store.overrides.name)
      await take(store.overrides, async ({ id }) => state.applyOverride(id, await this.#versionsOf(id)));
    else if (providerId !== undefined)
      await take(store.publications(providerId), (each) => state.applyPublication(providerId, each));
  }

  async #versionsOf(pair: string): Promise<Array<StoredDocument<OverrideRecord>>> {
    const { overrides } = this.#options.store;
    const versions: Array<StoredDocument<OverrideRecord>> = [];
    for (let before = 0; before !== 1; ) {
      const page = await overrides.history(pair, versionsPerPage, before);
      versions.push(...page);
      before = page.at(-1)?.version ?? 1;
    }
    return versions.reverse();
  }
}

type Applying<T> = (document: StoredDocument<T>) => void | Promise<void>;

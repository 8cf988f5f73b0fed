import type { Redis, RedisArgument } from "../redis/redis.ts";
import { createScript, readLua, runScript } from "../redis/script.ts";
import { type CollectionKeys, collectionKeys } from "./collection-keys.ts";
import {
  checkDocumentId,
  checkDocumentText,
  type DocumentCodec,
  DocumentUnreadable,
  readRecord,
  type StoredDocument,
} from "./document.ts";
import { idRange } from "./id-range.ts";
import { documentLimits as limits } from "./limits.ts";
import { type WriteOutcome, writeDocuments } from "./write-documents.ts";

/** Which collection, and how its documents are written. */
export interface CollectionOptions<T> {
  readonly redis: Redis;
  /** Hash tag, for example `pricing`: all collections of a tag lie in one slot and share a feed. */
  readonly tag: string;
  /** For example `prices`. */
  readonly name: string;
  readonly codec: DocumentCodec<T>;
  /** Greatest size of a document's JSON text in bytes. Default 65,536, at most 1 MiB. */
  readonly documentBytes?: number;
}

/**
 * A change of one document that has `expectedVersion`: 0 if it must not exist yet, also not as an archived one.
 */
export type DocumentWrite<T> =
  | { readonly id: string; readonly expectedVersion: number; readonly value: T }
  | { readonly id: string; readonly expectedVersion: number; readonly archive: true };

/** Which documents a page is made of. */
export interface ListOptions {
  /** Only ids that begin so. Default: all. */
  readonly prefix?: string;
  /** Only ids after this one, in the order of their UTF-8 bytes. */
  readonly afterId?: string;
  /** The collection as it was after that write. Default: as it is. */
  readonly atRevision?: number;
  /** Most entries that are looked at: 1 to 1,000. Default 1,000. */
  readonly limit?: number;
  /** Default false. */
  readonly includeArchived?: boolean;
}

/** Part of a collection, in the order of ids. */
export interface DocumentPage<T> {
  /** May be fewer than the limit, or none, and still have more after it. */
  readonly documents: ReadonlyArray<StoredDocument<T>>;
  /** What the codec did not understand; it harms nothing else. */
  readonly unreadable: readonly DocumentUnreadable[];
  /** The revision that the page shows; further pages asked for with it fit this one. */
  readonly revision: number;
  /** `afterId` of the next page; undefined if this was the last. */
  readonly nextAfterId: string | undefined;
}

const lua = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`);
const readScript = createScript("read", lua("record"), lua("read"));
const historyScript = createScript("read", lua("record"), lua("history"));
const listScript = createScript("read", lua("record"), lua("list"));
const redactScript = createScript("write", lua("record"), lua("redact"));

type ListReply = [revision: number, nextAfterId: string, ...Array<[string, number, string]>];

/**
 * Documents with versions in Redis. Every change names the version that it is based on, keeps the earlier ones,
 * and is published on the tag's feed in the same step.
 *
 * Throws STORE_UNAVAILABLE if the outcome is unknown: the same write can be repeated, and if it was done already
 * the repeat changes nothing and answers with what is there.
 */
export class DocumentCollection<T> {
  readonly name: string;
  /** Where changes are published; for `followFeed` with `readDocumentChange`. */
  readonly feedKey: string;
  readonly #redis: Redis;
  readonly #keys: CollectionKeys;
  readonly #codec: DocumentCodec<T>;
  readonly #documentBytes: number;

  constructor(options: CollectionOptions<T>) {
    const documentBytes = options.documentBytes ?? limits.documentBytes;
    if (!(documentBytes >= 1 && documentBytes <= 1 << 20)) throw new RangeError("documentBytes: 1 to 1 MiB");
    this.name = options.name;
    this.#redis = options.redis;
    this.#keys = collectionKeys(options.tag, options.name);
    this.feedKey = this.#keys.feed;
    this.#codec = options.codec;
    this.#documentBytes = documentBytes;
  }

  /**
   * Writes one document; see {@link write}. The answer is the version that has this value, the one that was there
   * if it had it already. So two writers who put the same value on the same version both succeed, with one version:
   * what counts up needs something in its value that tells the writes apart.
   *
   * @param expectedVersion 0 creates.
   */
  async put(id: string, value: T, expectedVersion: number): Promise<StoredDocument<T>> {
    const [{ changed: _, ...outcome }] = (await this.write([{ id, expectedVersion, value }])) as [
      WriteOutcome,
    ];
    return { ...outcome, archived: false, value };
  }

  /** Marks a document as archived, as a version of its own. */
  async archive(id: string, expectedVersion: number): Promise<WriteOutcome> {
    const [outcome] = await this.write([{ id, expectedVersion, archive: true }]);
    return outcome!;
  }

  /**
   * Changes up to 10,000 documents (32 MiB), all or none, as one revision that becomes visible as a whole. A large
   * write is laid aside in parts and then taken over in one step; broken off in between it never shows. That step
   * keeps Redis busy for about 12 ms per 1,000 documents of 1.2 KB.
   *
   * @throws CommonError VERSION_MISMATCH (metadata `document_id`, `current_version` — 0 if there is none —,
   * `archived`, `mismatches`), REQUEST_TOO_LARGE, REQUEST_INVALID (id): nothing was changed.
   */
  async write(writes: ReadonlyArray<DocumentWrite<T>>): Promise<WriteOutcome[]> {
    const texts = writes.map((write) => {
      checkDocumentId(write.id);
      const text = "archive" in write ? undefined : this.#codec.encode(write.value);
      if (text !== undefined) checkDocumentText(write.id, text, this.#documentBytes);
      return { id: write.id, expectedVersion: write.expectedVersion, text };
    });
    return writeDocuments(this.#redis, this.name, this.#keys, texts);
  }

  /**
   * Replaces what one version says, for what must not be kept any longer: a secret. Nothing else about it changes, and
   * nobody is told, so the latest version of a document that is in use is changed by {@link put} instead.
   *
   * @returns false if there is no such version.
   */
  async redact(id: string, version: number, value: T): Promise<boolean> {
    const text = this.#codec.encode(value);
    checkDocumentText(id, text, this.#documentBytes);
    return (await this.#run<number>(redactScript, 2, [id, String(version), text])) === 1;
  }

  /** A document, also an archived one, at a version or the latest; undefined if there is none. */
  async get(id: string, version?: number): Promise<StoredDocument<T> | undefined> {
    if (version !== undefined && !(Number.isSafeInteger(version) && version > 0)) return undefined;
    const [document] = await this.#read([id, String(version ?? 0)]);
    return document;
  }

  /** The latest versions of up to 1,000 documents, in the order of `ids`; undefined where there is none. */
  async getMany(ids: readonly string[]): Promise<Array<StoredDocument<T> | undefined>> {
    if (ids.length > limits.pageEntries) throw new RangeError(`at most ${limits.pageEntries} documents`);
    return ids.length === 0 ? [] : this.#read(ids.flatMap((id) => [id, "0"]));
  }

  /** Versions of a document, newest first, at most 1,000; `beforeVersion` of the next page is its last version. */
  async history(id: string, limit: number, beforeVersion = 0): Promise<Array<StoredDocument<T>>> {
    const args = [id, String(beforeVersion), String(checkLimit(limit)), String(limits.pageBytes)];
    const versions = await this.#run<Array<[number, string]>>(historyScript, 2, args);
    return versions.map(([version, record]) => readRecord(this.#codec, id, version, record));
  }

  /** A page of documents; see {@link ListOptions}. */
  async list(options: ListOptions = {}): Promise<DocumentPage<T>> {
    const range = idRange(options.prefix ?? "", options.afterId ?? "");
    const limit = String(checkLimit(options.limit ?? limits.pageEntries));
    const revision = options.atRevision === undefined ? "" : String(options.atRevision);
    const [shown, nextAfterId, ...found] = await this.#run<ListReply>(listScript, 4, [
      ...range,
      limit,
      revision,
      options.includeArchived ? "1" : "0",
      String(limits.pageBytes),
    ]);
    const documents: Array<StoredDocument<T>> = [];
    const unreadable: DocumentUnreadable[] = [];
    for (const [id, version, record] of found) {
      try {
        documents.push(readRecord(this.#codec, id, version, record));
      } catch (error) {
        if (!(error instanceof DocumentUnreadable)) throw error;
        unreadable.push(error);
      }
    }
    return { documents, unreadable, revision: shown, nextAfterId: nextAfterId || undefined };
  }

  /** Everything as it was at one revision, however long the reading takes. */
  async readAll(options: Pick<ListOptions, "includeArchived"> = {}): Promise<DocumentPage<T>> {
    let page = await this.list(options);
    const { revision } = page;
    const documents = [...page.documents];
    const unreadable = [...page.unreadable];
    while (page.nextAfterId !== undefined) {
      page = await this.list({ ...options, afterId: page.nextAfterId, atRevision: revision });
      documents.push(...page.documents);
      unreadable.push(...page.unreadable);
    }
    return { documents, unreadable, revision, nextAfterId: undefined };
  }

  async #read(args: readonly string[]): Promise<Array<StoredDocument<T> | undefined>> {
    const found = await this.#run<Array<[] | [number, string]>>(readScript, 2, args);
    return found.map(([version, record], index) =>
      version === undefined ? undefined : readRecord(this.#codec, args[2 * index]!, version, record!),
    );
  }

  /** Runs a script on the first keys of the collection. */
  #run<R>(script: Parameters<typeof runScript>[1], keyCount: number, args: readonly RedisArgument[]) {
    const { heads, versions, ids, revision } = this.#keys;
    return runScript<R>(this.#redis, script, [heads, versions, ids, revision].slice(0, keyCount), args);
  }
}

function checkLimit(limit: number): number {
  if (!(Number.isSafeInteger(limit) && limit >= 1 && limit <= limits.pageEntries))
    throw new RangeError(`a page has 1 to ${limits.pageEntries} entries`);
  return limit;
}

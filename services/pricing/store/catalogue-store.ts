import type { DocumentCodec, StoredDocument } from "#platform/documents/document.ts";
import { DocumentCollection, type DocumentWrite } from "#platform/documents/document-collection.ts";
import { documentLimits } from "#platform/documents/limits.ts";
import type { Redis } from "#platform/redis/redis.ts";

/** A record that says what it is. */
export interface KindedRecord {
  readonly kind: string;
}

const largestVersionBytes = 262_144;
const largestHeadBytes = 1 << 20;

/**
 * The catalogue in Redis, in two collections: `versions`, written once and named by others, and `catalogue`, what
 * changes. A change writes its versions first, which nobody names yet, and then, in one step, all that names them:
 * broken off in between it has changed nothing.
 */
export class CatalogueStore<V extends KindedRecord, H extends KindedRecord> {
  readonly versions: DocumentCollection<V>;
  readonly heads: DocumentCollection<H>;

  constructor(redis: Redis) {
    this.versions = new DocumentCollection({
      redis,
      tag: "pricing",
      name: "versions",
      codec: recordCodec<V>(),
      documentBytes: largestVersionBytes,
    });
    this.heads = new DocumentCollection({
      redis,
      tag: "pricing",
      name: "catalogue",
      codec: recordCodec<H>(),
      documentBytes: largestHeadBytes,
    });
  }

  /** Writes versions that nobody names yet; one that is there already stays. */
  async stageVersions(versions: ReadonlyArray<readonly [id: string, version: V]>): Promise<void> {
    for (const chunk of chunksOf(versions, documentLimits.writes))
      await this.versions.write(chunk.map(([id, value]) => ({ id, expectedVersion: 0, value })));
  }

  /** Changes heads, all or none. */
  async writeHeads(writes: ReadonlyArray<DocumentWrite<H>>): Promise<void> {
    await this.heads.write(writes);
  }

  /** Versions by id; those that there are. */
  async readVersions(ids: readonly string[]): Promise<V[]> {
    const found: V[] = [];
    for (const chunk of chunksOf(ids, documentLimits.pageEntries)) {
      const documents = await this.versions.getMany(chunk);
      found.push(...documents.flatMap((document) => document?.value ?? []));
    }
    return found;
  }

  /** The present heads with these ids; undefined where there is none. */
  async readHeads(ids: readonly string[]): Promise<Array<StoredDocument<H> | undefined>> {
    const found: Array<StoredDocument<H> | undefined> = [];
    for (const chunk of chunksOf(ids, documentLimits.pageEntries))
      found.push(...(await this.heads.getMany(chunk)));
    return found;
  }

  /** Every head whose id begins so, as they were at one moment. */
  async listHeads(prefix: string): Promise<Array<StoredDocument<H>>> {
    let page = await this.heads.list({ prefix });
    const { revision } = page;
    const found = [...page.documents];
    while (page.nextAfterId !== undefined) {
      page = await this.heads.list({ prefix, afterId: page.nextAfterId, atRevision: revision });
      found.push(...page.documents);
    }
    return found;
  }
}

function recordCodec<R extends KindedRecord>(): DocumentCodec<R> {
  return {
    encode: (record) => JSON.stringify(record),
    decode: (text) => {
      const record = JSON.parse(text) as R;
      if (typeof record?.kind !== "string") throw new TypeError("a record without its kind");
      return record;
    },
  };
}

function chunksOf<T>(list: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < list.length; from += size) chunks.push(list.slice(from, from + size));
  return chunks;
}

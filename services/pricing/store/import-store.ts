import type { Redis } from "#platform/redis/redis.ts";

/** Time that a reading stays when nothing waits in it any more. */
export const importKeptMs = 90 * 86_400_000;
/** Time after which a reading that was broken off while it was written vanishes. */
const unfinishedMs = 86_400_000;
/** Changes that are written and read together. */
const chunkSize = 100;
const chunksAtOnce = 20;

const indexKey = "{pricing}:imports";
const keyOf = (importId: string) => `{pricing}:import:${importId}`;

/** A reading as it is kept: its head, what is known of each change, and the changes. */
export interface StoredImport<R, S> {
  readonly record: R;
  readonly summaries: readonly S[];
}

/**
 * Readings of price sources. They are large, never change, and go after a time; so they lie apart from the
 * documents, which stay for ever.
 *
 * Keys: `{pricing}:import:<id>` hash (`record`, `summaries`, `changes:<n>`); `{pricing}:imports` sorted set of ids,
 * which grow with time.
 */
export class ImportStore<R, S, C> {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Writes a reading; it is listed, and stays, only when all of it is there. */
  async write(
    importId: string,
    record: R,
    summaries: readonly S[],
    changes: readonly C[],
    keep: boolean,
  ): Promise<void> {
    const key = keyOf(importId);
    await this.#redis.command(key, ["HSET", key, "summaries", JSON.stringify(summaries)]);
    await this.#redis.command(key, ["PEXPIRE", key, String(unfinishedMs)]);
    for (let from = 0; from < changes.length; from += chunkSize * chunksAtOnce) {
      const fields: string[] = [];
      for (let at = from; at < Math.min(from + chunkSize * chunksAtOnce, changes.length); at += chunkSize)
        fields.push(`changes:${at / chunkSize}`, JSON.stringify(changes.slice(at, at + chunkSize)));
      await this.#redis.command(key, ["HSET", key, ...fields]);
    }
    await this.#redis.command(key, ["HSET", key, "record", JSON.stringify(record)]);
    await this.setKept(importId, keep);
    await this.#redis.command(indexKey, ["ZADD", indexKey, "0", importId]);
  }

  /** Whether it stays as long as something waits in it, or goes after a time. */
  async setKept(importId: string, keep: boolean): Promise<void> {
    const key = keyOf(importId);
    await this.#redis.command(key, keep ? ["PERSIST", key] : ["PEXPIRE", key, String(importKeptMs)]);
  }

  /** Undefined if there is none, or it is kept no more. */
  async read(importId: string): Promise<StoredImport<R, S> | undefined> {
    const key = keyOf(importId);
    const fields = ["HMGET", key, "record", "summaries"];
    const [record, summaries] = await this.#redis.command<[string | null, string | null]>(key, fields);
    if (record === null || summaries === null) return undefined;
    return { record: JSON.parse(record) as R, summaries: JSON.parse(summaries) as S[] };
  }

  /** The changes at these positions, in their order. */
  async readChanges(importId: string, positions: readonly number[]): Promise<C[]> {
    const key = keyOf(importId);
    const numbers = [...new Set(positions.map((position) => Math.floor(position / chunkSize)))];
    const chunks = new Map<number, readonly C[]>();
    for (let from = 0; from < numbers.length; from += chunksAtOnce) {
      const part = numbers.slice(from, from + chunksAtOnce);
      const texts = await this.#redis.command<Array<string | null>>(key, [
        "HMGET",
        key,
        ...part.map((number) => `changes:${number}`),
      ]);
      for (const [index, text] of texts.entries()) chunks.set(part[index]!, JSON.parse(text ?? "[]") as C[]);
    }
    return positions.flatMap(
      (position) => chunks.get(Math.floor(position / chunkSize))?.[position % chunkSize] ?? [],
    );
  }

  /** Ids before one, newest first; from the newest on if there is none before. What is kept no more is taken off. */
  async listIds(beforeId: string | undefined, limit: number): Promise<string[]> {
    const highest = beforeId === undefined ? "+" : `(${beforeId}`;
    return this.#redis.command<string[]>(indexKey, [
      "ZRANGE",
      indexKey,
      highest,
      "-",
      "BYLEX",
      "REV",
      "LIMIT",
      "0",
      String(limit),
    ]);
  }

  /** Takes ids off the list. */
  async forget(importIds: readonly string[]): Promise<void> {
    if (importIds.length > 0) await this.#redis.command(indexKey, ["ZREM", indexKey, ...importIds]);
  }
}

import { CommonError } from "#platform/errors/common-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import type { ShardWrite } from "../../store/shard-commit.ts";
import { recordedShard, shardKey } from "../../store/shard-keys.ts";
import {
  type DroppedListener,
  type SeriesChange,
  ShardConflict,
  ShardWriter,
  tellDropped,
} from "./shard-writer.ts";

/** Who records, so that a repeated request counts once. */
export interface RecordOrigin {
  readonly service: string;
  readonly instanceId: string;
  /** Grows with each request of the instance. */
  readonly sequence: bigint;
}

/** Figures that count together, or not at all. */
export interface Recording {
  /** Undefined for what repeats itself, such as the levels of gauges. */
  readonly origin: RecordOrigin | undefined;
  readonly changes: readonly SeriesChange[];
  /** What else is written in the same step, in the shard of records. */
  readonly writes: readonly ShardWrite[];
}

/** What came of a recording. */
export interface RecordOutcome {
  /** This origin's sequence, or a later one, was recorded before. */
  readonly duplicate: boolean;
  /** Changes that are in no series, since their metric has as many as are kept. */
  readonly droppedCount: number;
}

interface Waiting extends Recording {
  done(outcome: RecordOutcome): void;
  fail(error: unknown): void;
}

/** Much longer than any client repeats a request. */
const originKeptMs = 48 * 3_600_000;
/** Bounds how long one write keeps Redis busy; a recording alone may have as many. */
const changesPerWrite = 1_000;
const attempts = 8;
/** Bounds the memory of what waits for Redis. */
const mostWaiting = 1_000;

/** Records what services report and what is scraped: one write at a time, of all that came meanwhile. */
export class Recorder {
  readonly #redis: Redis;
  readonly #writer: ShardWriter;
  readonly #onDropped: DroppedListener;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(redis: Redis, onDropped: DroppedListener = () => {}) {
    this.#redis = redis;
    this.#onDropped = onDropped;
    this.#writer = new ShardWriter(redis, recordedShard);
  }

  /**
   * Records figures.
   *
   * @throws CommonError STORE_UNAVAILABLE: repeat it with the same origin. OVERLOADED.
   */
  async record(recording: Recording): Promise<RecordOutcome> {
    if (this.#waiting.length >= mostWaiting)
      throw new CommonError("OVERLOADED", "too many recordings wait", { retryAfterMs: 1_000 });
    return new Promise((done, fail) => {
      this.#waiting.push({ ...recording, done, fail });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        const { duplicates, dropped } = await this.#write(batch);
        for (const waiting of batch) {
          const duplicate = duplicates.has(waiting);
          const droppedCount = duplicate ? 0 : tellDropped(waiting.changes, dropped, this.#onDropped);
          waiting.done({ duplicate, droppedCount });
        }
      } catch (error) {
        for (const waiting of batch) waiting.fail(error);
      }
    }
    this.#running = false;
  }

  #takeBatch(): Waiting[] {
    let changes = 0;
    const end = this.#waiting.findIndex((waiting, position) => {
      changes += waiting.changes.length;
      return position > 0 && changes > changesPerWrite;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  /** Writes a batch; gives those that were recorded before, and the series that were left out. */
  async #write(
    batch: readonly Waiting[],
  ): Promise<{ duplicates: ReadonlySet<Waiting>; dropped: ReadonlySet<string> }> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#writer.open();
        const { fresh, duplicates, writes } = await this.#sift(batch);
        const dropped = await this.#writer.write(
          fresh.flatMap(({ changes }) => changes),
          [...writes, ...fresh.flatMap((waiting) => waiting.writes)],
        );
        return { duplicates, dropped };
      } catch (error) {
        if (!(error instanceof ShardConflict)) throw error;
        if (attempt === attempts)
          throw new CommonError("STORE_UNAVAILABLE", "other instances recorded all the time", {
            retryAfterMs: 250,
            cause: error,
          });
      }
    }
  }

  /** Parts what is new from what was recorded before, also within the batch. */
  async #sift(batch: readonly Waiting[]) {
    const last = new Map<string, bigint>();
    await Promise.all(
      [...new Set(batch.flatMap(({ origin }) => (origin === undefined ? [] : [originKey(origin)])))].map(
        async (key) => {
          const text = await this.#redis.command<string | null>(key, ["GET", key]);
          last.set(key, BigInt(text ?? "0"));
        },
      ),
    );
    const fresh: Waiting[] = [];
    const duplicates = new Set<Waiting>();
    const changed = new Set<string>();
    for (const waiting of batch) {
      const { origin } = waiting;
      const key = origin === undefined ? undefined : originKey(origin);
      if (origin !== undefined && key !== undefined) {
        if (origin.sequence <= last.get(key)!) {
          duplicates.add(waiting);
          continue;
        }
        last.set(key, origin.sequence);
        changed.add(key);
      }
      fresh.push(waiting);
    }
    const writes = [...changed].map(
      (key): ShardWrite => ({
        command: "SET",
        key,
        args: [String(last.get(key)), "PX", String(originKeptMs)],
      }),
    );
    return { fresh, duplicates, writes };
  }
}

function originKey({ service, instanceId }: RecordOrigin): string {
  return shardKey(recordedShard, `origin:${service}/${instanceId}`);
}

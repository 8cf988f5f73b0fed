import { backoffMs } from "../clock/backoff.ts";
import { type Clock, pause, systemClock } from "../clock/clock.ts";
import type { Redis } from "../redis/redis.ts";
import { type Change, isLaterPosition, readChanges, readFeedPosition } from "./feed.ts";

/** Whose changes to follow, and what to do about them. */
export interface FeedOptions {
  /** The reader opens a connection of its own with the same settings. */
  readonly redis: Redis;
  /** The feed's stream, for example `{pricing}:feed`. */
  readonly key: string;
  /**
   * Reads everything anew: at the start, and when changes were missed because the reader was too far behind or
   * Redis lost some. Changes that happen meanwhile are applied afterwards.
   */
  reload(signal: AbortSignal): Promise<void>;
  /**
   * Takes over changes, oldest first. A change may come again, and its effect may be in what was loaded already.
   */
  apply(changes: readonly Change[], signal: AbortSignal): Promise<void>;
  /** Told of lost connections, and of what `reload` and `apply` threw: then everything is loaded anew. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** A reader at work. */
export interface FeedReader {
  /** Resolves when everything was loaded for the first time; never if the reader is stopped before. */
  readonly ready: Promise<void>;
  /** Resolves when no callback runs any more and the connection is closed. */
  stop(): Promise<void>;
}

/** Bounds how long `stop` waits; well below the time after which a command counts as lost. */
const blockMs = 250;
const retry = { firstMs: 50, maxMs: 1_000 } as const;

/** Follows a feed until stopped: nothing is missed, whatever happens to the connection, Redis or the reader. */
export function followFeed(options: FeedOptions): FeedReader {
  const { key, clock = systemClock } = options;
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();

  const follow = async (connection: Redis) => {
    let position: string | undefined;
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        if (failures > 0 && position !== undefined) position = await stillThere(connection, position);
        position ??= await load(connection);
        position = await applyNext(connection, position);
        failures = 0;
      } catch (error) {
        if (error instanceof CallbackFailed) position = undefined;
        if (stopping.signal.aborted) break;
        options.onError?.(error instanceof CallbackFailed ? error.cause : error);
        failures += 1;
        await pause(clock, backoffMs(failures, retry), stopping.signal);
      }
    }
  };
  const stillThere = async (connection: Redis, position: string) =>
    // Redis may have come back without what it had: what it publishes then may get lower ids.
    isLaterPosition(position, await readFeedPosition(connection, key)) ? undefined : position;
  const load = async (connection: Redis) => {
    const position = await readFeedPosition(connection, key);
    await callback(() => options.reload(stopping.signal));
    ready.resolve();
    return position;
  };
  /** Gives the position after it; undefined if changes between were lost. */
  const applyNext = async (connection: Redis, position: string): Promise<string | undefined> => {
    const changes = await readChanges(connection, key, position, blockMs);
    let last = position;
    for (const { id, after } of changes) {
      if (after !== last) return undefined;
      last = id;
    }
    if (changes.length > 0 && !stopping.signal.aborted)
      await callback(() => options.apply(changes, stopping.signal));
    return last;
  };

  const work = followOn(options, stopping.signal, follow);
  return {
    ready: ready.promise,
    async stop() {
      stopping.abort(new DOMException("the feed is not followed any more", "AbortError"));
      await work;
    },
  };
}

/** Opens the reader's connection, which waits for Redis as long as it takes, and closes it in the end. */
async function followOn(
  options: FeedOptions,
  stopping: AbortSignal,
  follow: (connection: Redis) => Promise<void>,
): Promise<void> {
  const stopped = new Promise<undefined>((resolve) =>
    stopping.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  for (let failures = 1; !stopping.aborted; failures++) {
    const connecting = options.redis.duplicate();
    try {
      const connection = await Promise.race([connecting, stopped]);
      if (connection === undefined) {
        void connecting.then((late) => late.close()).catch(() => {});
        return;
      }
      await follow(connection).finally(() => connection.close());
      return;
    } catch (error) {
      options.onError?.(error);
      await pause(options.clock ?? systemClock, backoffMs(failures, retry), stopping);
    }
  }
}

/** What the caller's code threw, as against a fault of the connection, after which reading just goes on. */
class CallbackFailed extends Error {}

async function callback(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    throw new CallbackFailed("a callback of the reader failed", { cause: error });
  }
}

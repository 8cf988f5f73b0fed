import { setTimeout as sleep } from "node:timers/promises";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis, type TestRedisOptions } from "#platform/testing/redis-server.ts";
import { loadLibrary } from "../function-library.ts";
import { LedgerStore } from "../ledger-store.ts";

/** A private Redis with the ledger's library. */
export interface TestStore extends AsyncDisposable {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly store: LedgerStore;
  /** Runs one command, for looking at keys and for planting faults. */
  command<T = unknown>(...args: string[]): Promise<T>;
  stop(): Promise<void>;
}

/** Starts a server and loads the library. */
export async function startTestStore(options: TestRedisOptions = {}): Promise<TestStore> {
  const server = await startRedis(options);
  const redis = await connectRedis({ urls: [server.url], name: "test" });
  await loadLibrary(redis);
  const stop = async (): Promise<void> => {
    await redis.close();
    await server.stop();
  };
  return {
    server,
    redis,
    store: new LedgerStore(redis),
    command: (...args) => redis.command(args[1] ?? "", args),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The clock of Redis, in epoch milliseconds. */
export async function readServerTimeMs({ command }: Pick<TestStore, "command">): Promise<number> {
  const [seconds, micros] = await command<[string, string]>("TIME");
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

/** Waits until the clock of Redis shows a time. */
export async function waitUntilServerTime(test: Pick<TestStore, "command">, timeMs: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const left = timeMs - (await readServerTimeMs(test));
    if (left <= 0) return;
    if (Date.now() + left > deadline) throw new Error(`the clock of Redis is ${left} ms before the time`);
    await sleep(left);
  }
}

/** All keys with their contents: equal if nothing changed. */
export async function dumpKeys({ command }: Pick<TestStore, "command">): Promise<Record<string, string>> {
  const keys = (await command<string[]>("KEYS", "*")).sort();
  const dumps = await Promise.all(
    keys.map(async (key) => [key, JSON.stringify(await readValue(command, key))] as const),
  );
  return Object.fromEntries(dumps);
}

async function readValue(command: TestStore["command"], key: string): Promise<unknown> {
  const readers: Readonly<Record<string, readonly string[]>> = {
    string: ["GET", key],
    list: ["LRANGE", key, "0", "-1"],
    hash: ["HGETALL", key],
    zset: ["ZRANGE", key, "0", "-1", "WITHSCORES"],
    stream: ["XRANGE", key, "-", "+"],
    set: ["SMEMBERS", key],
  };
  const type = await command<string>("TYPE", key);
  return command(...readers[type]!);
}

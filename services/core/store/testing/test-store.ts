import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedisCluster, type TestRedisCluster } from "#platform/testing/redis-cluster.ts";
import { startRedis, type TestRedis, type TestRedisOptions } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { loadLibrary } from "../function-library.ts";
import { accountKeys } from "../keys.ts";
import { LedgerStore } from "../ledger-store.ts";

/** A private Redis with the ledger's library. */
export interface TestStore extends AsyncDisposable {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly store: LedgerStore;
  /** The server that has the keys of an account. */
  serverOf(accountId: string): Promise<TestRedis>;
  /** Runs one command, for looking at keys and for planting faults. */
  command<T = unknown>(...args: string[]): Promise<T>;
  stop(): Promise<void>;
}

/**
 * Starts a server and loads the library. `TEST_LEDGER_PRIMARIES` of the environment, e.g. 3, makes it a
 * cluster: so the tests that look at the ledger alone run on one, too.
 */
export async function startTestStore(options: TestRedisOptions = {}): Promise<TestStore> {
  const primaryCount = Number(process.env.TEST_LEDGER_PRIMARIES ?? "1");
  if (primaryCount > 1) return startTestClusterStore(await startRedisCluster(primaryCount));
  const server = await startRedis(options);
  const redis = await connectTestRedis(server.url);
  return storeOn({ server, redis, serverOf: async () => server, stopServers: () => server.stop() });
}

/** The ledger of a server that runs already, and goes on after the store, as a service beside others has it. */
export async function openTestStore(server: TestRedis): Promise<TestStore> {
  const redis = await connectTestRedis(server.url);
  return storeOn({ server, redis, serverOf: async () => server, stopServers: async () => {} });
}

/** The same on a cluster, which ends with the store; `server` is its first primary. */
export async function startTestClusterStore(cluster: TestRedisCluster): Promise<TestStore> {
  const [server] = cluster.primaries;
  if (server === undefined) throw new Error("a cluster needs primaries");
  const redis = await connectTestRedis(cluster.urls, { cluster: true });
  const serverOf = async (accountId: string): Promise<TestRedis> => {
    const { account } = accountKeys(accountId);
    return cluster.primaryOf(await redis.command<number>(account, ["CLUSTER", "KEYSLOT", account]));
  };
  return storeOn({ server, redis, serverOf, stopServers: () => cluster.stop() });
}

/** Servers and what a test needs to know of them. */
interface TestServers extends Pick<TestStore, "server" | "redis" | "serverOf"> {
  stopServers(): Promise<void>;
}

async function storeOn({ server, redis, serverOf, stopServers }: TestServers): Promise<TestStore> {
  await loadLibrary(redis);
  const stop = async (): Promise<void> => {
    await redis.close();
    await stopServers();
  };
  return {
    server,
    redis,
    store: new LedgerStore(redis),
    serverOf,
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
  const deadline = Date.now() + 60_000;
  for (;;) {
    const left = timeMs - (await readServerTimeMs(test));
    if (left <= 0) return;
    if (Date.now() + left > deadline) throw new Error(`the clock of Redis is ${left} ms before the time`);
    await sleep(left);
  }
}

/** All keys with their contents: equal if nothing changed. */
export async function dumpKeys({
  command,
  redis,
}: Pick<TestStore, "command" | "redis">): Promise<Record<string, string>> {
  const keys = (await redis.onEveryPrimary<string[]>(["KEYS", "*"])).flat().sort();
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

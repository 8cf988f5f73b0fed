import { connectRedis, type Redis } from "../redis/redis.ts";
import { eventually } from "./eventually.ts";
import { startRedis, type TestRedis } from "./redis-server.ts";

/** A running Redis Cluster of a test: primaries without replicas. */
export interface TestRedisCluster extends AsyncDisposable {
  /** One URL for each primary. */
  readonly urls: readonly string[];
  readonly primaries: readonly TestRedis[];
  /** The primary that holds a slot. */
  primaryOf(slot: number): TestRedis;
  /** Ends the servers and deletes their data. */
  stop(): Promise<void>;
}

const slotCount = 16_384;
const formedWithinMs = 60_000;

/** Starts primaries that share the slots evenly, and waits until each of them sees the whole cluster. */
export async function startRedisCluster(primaryCount = 3): Promise<TestRedisCluster> {
  const started = await Promise.allSettled(
    Array.from({ length: primaryCount }, () =>
      startRedis({ port: true, settings: { "cluster-enabled": "yes", "cluster-node-timeout": "2000" } }),
    ),
  );
  const primaries = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(primaries.map((primary) => primary.stop()));
  };
  try {
    for (const each of started) if (each.status === "rejected") throw each.reason;
    await formCluster(primaries);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    urls: primaries.map(({ url }) => url),
    primaries,
    primaryOf: (slot) => primaries.findLast((_, index) => firstSlotOf(index, primaries.length) <= slot)!,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function firstSlotOf(primary: number, primaryCount: number): number {
  return Math.floor((primary * slotCount) / primaryCount);
}

async function formCluster(primaries: readonly TestRedis[]): Promise<void> {
  const connections = await Promise.all(
    primaries.map(({ url }) => connectRedis({ urls: [url], name: "cluster-builder" })),
  );
  try {
    for (const [index, connection] of connections.entries()) {
      await connection.command("", [
        "CLUSTER",
        "ADDSLOTSRANGE",
        String(firstSlotOf(index, primaries.length)),
        String(firstSlotOf(index + 1, primaries.length) - 1),
      ]);
      // Without epochs of their own the nodes would first have to settle who came before whom.
      await connection.command("", ["CLUSTER", "SET-CONFIG-EPOCH", String(index + 1)]);
      await connection.command("", ["CLUSTER", "MEET", "127.0.0.1", String(primaries[0]?.port)]);
    }
    await eventually(async () => {
      for (const connection of connections) await refuseUnformed(connection, primaries.length);
    }, formedWithinMs);
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
}

async function refuseUnformed(connection: Redis, primaryCount: number): Promise<void> {
  const info = await connection.command<string>("", ["CLUSTER", "INFO"]);
  const shards = await connection.command<unknown[]>("", ["CLUSTER", "SLOTS"]);
  if (!info.includes("cluster_state:ok") || shards.length !== primaryCount)
    throw new Error(`the cluster has not formed:\n${info}`);
}

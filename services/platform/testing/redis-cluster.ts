import type { Redis } from "../redis/redis.ts";
import { eventually } from "./eventually.ts";
import { findFreePort } from "./free-port.ts";
import { startRedis, type TestRedis } from "./redis-server.ts";
import { connectTestRedis } from "./test-redis.ts";

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
/** A primary that stands still for less is not taken for dead by the others, which would then serve nothing either. */
const nodeTimeoutMs = 15_000;
const formedWithinMs = 60_000;

/** Starts primaries that share the slots evenly, and waits until each of them sees the whole cluster. */
export async function startRedisCluster(primaryCount = 3): Promise<TestRedisCluster> {
  const started = await Promise.allSettled(Array.from({ length: primaryCount }, startPrimary));
  const nodes = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const primaries = nodes.map(({ primary }) => primary);
  const stop = async (): Promise<void> => {
    await Promise.all(primaries.map((primary) => primary.stop()));
  };
  try {
    for (const each of started) if (each.status === "rejected") throw each.reason;
    await formCluster(nodes);
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

interface ClusterNode {
  readonly primary: TestRedis;
  /** Where the other nodes reach it. */
  readonly busPort: number;
}

/** Of itself it would take the port 10,000 above its own, which an outgoing call of anybody may have at the time. */
async function startPrimary(): Promise<ClusterNode> {
  const busPort = await findFreePort();
  const settings = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": String(nodeTimeoutMs),
    "cluster-port": String(busPort),
  };
  return { primary: await startRedis({ port: true, settings }), busPort };
}

function firstSlotOf(primary: number, primaryCount: number): number {
  return Math.floor((primary * slotCount) / primaryCount);
}

async function formCluster(nodes: readonly ClusterNode[]): Promise<void> {
  const connections = await Promise.all(
    nodes.map(({ primary }) => connectTestRedis(primary.url, { name: "cluster-builder" })),
  );
  const first = nodes[0]!;
  try {
    for (const [index, connection] of connections.entries()) {
      await connection.command("", [
        "CLUSTER",
        "ADDSLOTSRANGE",
        String(firstSlotOf(index, nodes.length)),
        String(firstSlotOf(index + 1, nodes.length) - 1),
      ]);
      // Without epochs of their own the nodes would first have to settle who came before whom.
      await connection.command("", ["CLUSTER", "SET-CONFIG-EPOCH", String(index + 1)]);
      await connection.command("", [
        "CLUSTER",
        "MEET",
        "127.0.0.1",
        String(first.primary.port),
        String(first.busPort),
      ]);
    }
    await eventually(async () => {
      for (const connection of connections) await refuseUnformed(connection, nodes.length);
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

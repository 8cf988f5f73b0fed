import { eventually } from "./eventually.ts";
import { startRedis, type TestRedis } from "./redis-server.ts";
import { connectTestRedis } from "./test-redis.ts";

/** A primary and its replica, both of a test. */
export interface TestRedisPair extends AsyncDisposable {
  readonly primary: TestRedis;
  readonly replica: TestRedis;
  /** Stops the replica's process where it is: it takes nothing and answers nothing, and its connection stays. */
  pauseReplica(): void;
  resumeReplica(): void;
  /** The replica loses the primary for good, and lacks what that takes from now on. */
  detachReplica(): Promise<void>;
  /** Makes a primary of the replica. */
  promoteReplica(): Promise<void>;
  /** Ends both and deletes their data. */
  stop(): Promise<void>;
}

/** Starts both and waits until the replica has followed. */
export async function startRedisPair(): Promise<TestRedisPair> {
  const settings = { "repl-diskless-sync-delay": "0" };
  const [primary, replica] = await Promise.all([
    startRedis({ port: true, settings }),
    startRedis({ port: true, settings }),
  ]);
  const resumeReplica = (): void => {
    process.kill(replica.pid, "SIGCONT");
  };
  const stop = async (): Promise<void> => {
    resumeReplica();
    await Promise.all([primary.stop(), replica.stop()]);
  };
  try {
    await commandOn(replica, ["REPLICAOF", "127.0.0.1", String(primary.port)]);
    await eventually(async () => {
      if ((await commandOn(primary, ["WAIT", "1", "100"])) !== 1)
        throw new Error("the replica does not follow");
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    primary,
    replica,
    pauseReplica: () => {
      process.kill(replica.pid, "SIGSTOP");
    },
    resumeReplica,
    detachReplica: async () => {
      // Nobody listens there.
      await commandOn(replica, ["REPLICAOF", "127.0.0.1", "1"]);
    },
    promoteReplica: async () => {
      await commandOn(replica, ["REPLICAOF", "NO", "ONE"]);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function commandOn({ url }: TestRedis, args: readonly string[]): Promise<unknown> {
  const redis = await connectTestRedis(url);
  try {
    return await redis.command("", args);
  } finally {
    await redis.close();
  }
}

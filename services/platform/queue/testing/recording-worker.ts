/**
 * A worker as a process of its own, for tests that kill it: notes each delivery as "begun" before and "done"
 * after a little work, in Redis lists of the ids. Arguments: URL of Redis, prefix of the queue.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { connectTestRedis } from "../../testing/test-redis.ts";
import { openQueue } from "../durable-queue.ts";
import { startWorker } from "../queue-worker.ts";

const [url = "", prefix = ""] = process.argv.slice(2);
const redis = await connectTestRedis(url, { name: "recording-worker" });
const queue = openQueue({ redis, prefix, maxAttempts: 1_000 });

startWorker({
  queue,
  concurrency: 8,
  leaseMs: 400,
  pollMs: 50,
  handle: async ({ id, payload }) => {
    await redis.command("begun", ["RPUSH", "begun", id]);
    // Work that takes some time, so that a kill comes in its midst.
    await sleep(Math.random() * 10);
    await redis.command("done", ["RPUSH", "done", `${id}=${payload}`]);
  },
});
process.stdout.write("ready\n");

/**
 * A holder in a process of its own, which a test stops with SIGSTOP: takes the lease, then adds to a counter
 * behind the fence for as long as it may. Parameters: URL, lease key, time to live in ms, counter key.
 */
import { connectTestRedis } from "../../testing/test-redis.ts";
import { createGuardedScript, runGuarded } from "../guarded-script.ts";
import { LeaseLost, tryAcquireLease } from "../lease.ts";

const [url = "", key = "", ttl = "", counter = ""] = process.argv.slice(2);
const redis = await connectTestRedis(url, { name: "paused-holder", onError: () => {} });
const add = createGuardedScript("write", "return redis.call('INCR', KEYS[1])");
const { lease } = await tryAcquireLease({ redis, key, ttlMs: Number(ttl) });
if (lease === undefined) throw new Error("the lease is not free");
console.log(`token ${lease.token}`);
try {
  for (;;) console.log(`count ${await runGuarded(redis, lease, add, [counter], [])}`);
} catch (error) {
  console.log(error instanceof LeaseLost ? `lost, held: ${lease.isHeld()}` : `failed: ${error}`);
}
await redis.close();

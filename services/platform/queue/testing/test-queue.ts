/** A queue of its own for each test. */

import assert from "node:assert/strict";
import { beforeEach } from "node:test";
import { redis } from "../../testing/shared-redis.ts";
import { type DurableQueue, openQueue, type QueueOptions } from "../durable-queue.ts";

let number = 0;
export let prefix = "";
export let queue: DurableQueue;
export const open = (options: Partial<QueueOptions> = {}) => openQueue({ redis, prefix, ...options });
/** Opens the test's queue with other bounds. */
export function reopen(options: Partial<QueueOptions>): void {
  queue = open(options);
}
beforeEach(() => {
  prefix = `{test:${number++}}:jobs`;
  queue = open();
});

/** Makes what waits, or is leased, due now, as if the time had passed. */
export async function letTimePass(key: "waiting" | "leased"): Promise<void> {
  for (const id of await redis.command<string[]>(prefix, ["ZRANGE", `${prefix}:${key}`, "0", "-1"])) {
    await redis.command(prefix, ["ZADD", `${prefix}:${key}`, "1", id]);
  }
}

export async function claimOne(from = queue, leaseMs = 60_000) {
  const { deliveries } = await from.claim(1, leaseMs);
  assert.equal(deliveries.length, 1);
  return deliveries[0]!;
}

import { createHash } from "node:crypto";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import type { TestStack } from "../testing/test-stack.ts";

/** Every key of the ledger with a digest of its value. */
export type LedgerSnapshot = ReadonlyMap<string, string>;

/** Keys of the ledger lie below the tags of its 256 buckets. */
const ledgerKey = /^\{[a-z0-9]{1,3}\}/;
/** How far readers have read, and what they have not yet: both change without anything having happened. */
const readersKey = /^\{[a-z0-9]{1,3}\}:[ow]$/;

/** Reads the whole ledger as it lies in the store. */
export async function readLedger(stack: TestStack): Promise<LedgerSnapshot> {
  const redis = await connectTestRedis(stack.environment.REDIS_URL ?? "");
  try {
    const snapshot = new Map<string, string>();
    for (let cursor = "0"; ; ) {
      const [next, keys] = await redis.command<[string, string[]]>("", ["SCAN", cursor, "COUNT", "1000"]);
      for (const key of keys) {
        if (!ledgerKey.test(key) || readersKey.test(key)) continue;
        snapshot.set(key, digest(await redis.command<string>(key, ["DUMP", key])));
      }
      if (next === "0") return snapshot;
      cursor = next;
    }
  } finally {
    await redis.close();
  }
}

function digest(dump: string | Uint8Array | null): string {
  return createHash("sha256")
    .update(dump ?? "")
    .digest("hex");
}

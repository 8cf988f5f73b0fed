import { randomUUID } from "node:crypto";
import { bucketCount, bucketHashName } from "#platform/redis/buckets.ts";
import type { Redis, ServerConnection } from "#platform/redis/redis.ts";
import { libraryName } from "./function-library.ts";
import { type BucketKeys, bucketKeys } from "./keys.ts";

/** What a database is: the same in every bucket. */
export interface Genesis {
  /** Random; tells one ledger from another, so that no primary of another one goes unnoticed. */
  readonly ledgerId: string;
  readonly bucketCount: string;
  readonly bucketHash: string;
  /** Library whose layout the keys have. */
  readonly library: string;
  /** Raised after a failover that may have lost writes. */
  readonly epoch: string;
}

const expected = { bucketCount: String(bucketCount), bucketHash: bucketHashName, library: libraryName };
const buckets: readonly BucketKeys[] = Array.from({ length: bucketCount }, (_, bucket) => bucketKeys(bucket));

/**
 * Checks that every bucket belongs to this ledger; on an empty database makes it so. Also to be called after
 * a reconnect: a primary may have come back empty.
 *
 * @returns what the database is, or sentences that say why it must not be served.
 */
export async function settleGenesis(redis: Redis): Promise<Genesis | string[]> {
  const found = await Promise.all(buckets.map(({ genesis }) => readGenesis(redis, genesis)));
  const missing = buckets.filter((_, bucket) => found[bucket] === undefined);
  const first = found.find((genesis) => genesis !== undefined);
  // A ledger without a single key in use is new, or its creation was cut short.
  if (missing.length > 0 && (await isInUse(redis))) {
    // Another instance may have begun to serve since the reading above.
    const again = await Promise.all(missing.map(({ genesis }) => readGenesis(redis, genesis)));
    if (!again.includes(undefined)) return settleGenesis(redis);
    return [
      `${missing.length} of ${bucketCount} buckets have lost their genesis while others hold accounts: ` +
        "a primary may have come back empty; restore it from its backup",
    ];
  }
  const ledger = first ?? (await createFirst(redis));
  const created = await Promise.all(missing.map(({ genesis }) => createGenesis(redis, genesis, ledger)));
  const faults = [...found.filter((genesis) => genesis !== undefined), ...created].flatMap((genesis) =>
    genesisFaults(genesis, ledger),
  );
  return faults.length === 0 ? ledger : [...new Set(faults)];
}

/** The first bucket decides the ledger's id, also when several instances start at once. */
function createFirst(redis: Redis): Promise<Genesis> {
  return createGenesis(redis, buckets[0]!.genesis, { ...expected, ledgerId: randomUUID(), epoch: "1" });
}

const fields = ["ledgerId", "bucketCount", "bucketHash", "library", "epoch"] as const;

async function createGenesis(redis: Redis, key: string, genesis: Genesis): Promise<Genesis> {
  const args = fields.flatMap((field) => [field, genesis[field]]);
  return toGenesis(await redis.callFunction<(string | null)[]>(`${libraryName}_create_genesis`, [key], args));
}

function readGenesis(redis: Redis, key: string): Promise<Genesis | undefined> {
  return readGenesisOn({ command: (args) => redis.command(key, args) }, key);
}

/** The genesis under a key; undefined if there is none. */
export async function readGenesisOn(
  connection: Pick<ServerConnection, "command">,
  key: string,
): Promise<Genesis | undefined> {
  const values = await connection.command<(string | null)[]>(["HMGET", key, ...fields]);
  return values.every((value) => value === null) ? undefined : toGenesis(values);
}

function toGenesis(values: readonly (string | null)[]): Genesis {
  return Object.fromEntries(
    fields.map((field, position) => [field, values[position] ?? "unset"]),
  ) as unknown as Genesis;
}

async function isInUse(redis: Redis): Promise<boolean> {
  const counts = await Promise.all(
    buckets.map(({ listing, expiryIndex, outbox }) =>
      redis.command<number>(listing, ["EXISTS", listing, expiryIndex, outbox]),
    ),
  );
  return counts.some((count) => count > 0);
}

/** Why a bucket with this genesis is not one of the ledger, as sentences; the epoch may differ. */
export function genesisFaults(found: Genesis, ledger: Genesis): string[] {
  const wanted = { ...expected, ledgerId: ledger.ledgerId };
  return Object.entries(wanted)
    .filter(([name, value]) => found[name as keyof Genesis] !== value)
    .map(
      ([name, value]) => `a bucket has ${name} ${found[name as keyof Genesis]} where ${value} is expected`,
    );
}

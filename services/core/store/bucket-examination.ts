import { ErrorReply } from "@redis/client";
import { functionCommand, type Redis, type ServerConnection } from "#platform/redis/redis.ts";
import { libraryName, librarySource } from "./function-library.ts";
import { type Genesis, genesisFaults, readGenesisOn } from "./genesis.ts";
import { bucketKeys } from "./keys.ts";
import { parseServerInfo, type ServerInfo, unfitReasons } from "./server-info.ts";
import { isFunctionMissing } from "./store-fault.ts";

/** What was found of a bucket: its epoch, or a sentence that says why it must not be served. */
export type BucketFinding = { readonly epoch: number } | { readonly reason: string };

/** Buckets that one server holds. */
interface ServerShare {
  readonly connection: ServerConnection;
  readonly buckets: number[];
}

/**
 * Examines whether buckets are still those of a ledger, each on the server that holds it now, and that this may
 * keep money. Creates nothing but the functions on a server that has lost no genesis.
 */
export async function examineBuckets(
  redis: Redis,
  ledger: Genesis,
  buckets: readonly number[],
): Promise<Map<number, BucketFinding>> {
  const findings = new Map<number, BucketFinding>();
  const shares = new Map<string, ServerShare>();
  await Promise.all(
    buckets.map(async (bucket) => {
      try {
        const connection = await redis.connectionFor(bucketKeys(bucket).genesis);
        const share = shares.get(connection.server) ?? { connection, buckets: [] };
        shares.set(connection.server, share);
        share.buckets.push(bucket);
      } catch (error) {
        findings.set(bucket, { reason: reasonOf(error) });
      }
    }),
  );
  await Promise.all(
    [...shares.values()].map(async (share) => {
      for (const [bucket, finding] of await examineShare(share, ledger)) findings.set(bucket, finding);
    }),
  );
  return findings;
}

async function examineShare(
  { connection, buckets }: ServerShare,
  ledger: Genesis,
): Promise<Array<[bucket: number, finding: BucketFinding]>> {
  try {
    const info = parseServerInfo(await connection.command<string>(["INFO"]));
    const unfit = unfitReasons(info);
    if (unfit.length > 0) return buckets.map((bucket) => [bucket, { reason: unfit.join("; ") }]);
    await loadIfMissing(connection, buckets[0]!, ledger);
    return await Promise.all(
      buckets.map(async (bucket) => [bucket, await examineBucket(connection, bucket, info, ledger)] as const),
    ).then((findings) => findings.map(([bucket, finding]) => [bucket, finding]));
  } catch (error) {
    return buckets.map((bucket) => [bucket, { reason: reasonOf(error) }]);
  }
}

/** Functions do not outlive a lost server, or an operator's FUNCTION FLUSH; an empty server gets none. */
async function loadIfMissing(connection: ServerConnection, bucket: number, ledger: Genesis): Promise<void> {
  const key = bucketKeys(bucket).genesis;
  if ((await readGenesisOn(connection, key))?.ledgerId !== ledger.ledgerId) return;
  try {
    await connection.command(functionCommand(`${libraryName}_library_revision`, [key], []));
  } catch (error) {
    if (!(error instanceof ErrorReply && isFunctionMissing(error))) throw error;
    await connection.command(["FUNCTION", "LOAD", "REPLACE", librarySource()]);
  }
}

async function examineBucket(
  connection: ServerConnection,
  bucket: number,
  { replicationId, formerReplicationId }: ServerInfo,
  ledger: Genesis,
): Promise<BucketFinding> {
  const key = bucketKeys(bucket).genesis;
  const genesis = await readGenesisOn(connection, key);
  if (genesis === undefined) {
    return { reason: "its genesis is gone: the primary came back empty; restore it from its backup" };
  }
  const [fault] = genesisFaults(genesis, ledger);
  if (fault !== undefined) return { reason: fault };
  const args = [replicationId, formerReplicationId];
  return {
    epoch: Number(await connection.command(functionCommand(`${libraryName}_note_primary`, [key], args))),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof ErrorReply ? `it can't be examined: ${error.message}` : "the store does not answer";
}

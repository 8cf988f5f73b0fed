import { ErrorReply } from "@redis/client";
import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { libraryName, libraryRevision, loadLibrary } from "./function-library.ts";
import { type Genesis, settleGenesis } from "./genesis.ts";
import { bucketKeys, selfTestKeys } from "./keys.ts";
import { parseServerInfo, unfitReasons } from "./server-info.ts";
import { readServerWarnings } from "./server-warnings.ts";
import { isFunctionMissing } from "./store-fault.ts";

/** Redis must not keep money as it is; each reason is a sentence for the operator. */
export class LedgerStoreUnfit extends Error {
  override readonly name = "LedgerStoreUnfit";
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[], cause?: unknown) {
    super(`the ledger can't be served: ${reasons.join("; ")}`, { cause });
    this.reasons = reasons;
  }
}

/** What the start-up gate found. */
export interface LedgerStoreCheck {
  readonly genesis: Genesis;
  /** Sentences for the log: legal, but not what one would want for money. */
  readonly warnings: readonly string[];
}

/**
 * Opens the ledger's gate: settings of every primary, library, genesis, and a self-test with the service's
 * own permissions in every bucket. `minReplicas` is how many replicas calls will wait for.
 *
 * @throws LedgerStoreUnfit if money must not be kept there.
 */
export async function openLedgerGate(redis: Redis, minReplicas = 0): Promise<LedgerStoreCheck> {
  const servers = (await redis.onEveryPrimary<string>(["INFO"])).map(parseServerInfo);
  refuseFor(servers.flatMap(unfitReasons));
  await refuseErrors("its functions can't be loaded", () => loadUnlessNewer(redis));
  const genesis = await refuseErrors("its genesis can't be read or written", () => settleGenesis(redis));
  if (Array.isArray(genesis)) throw new LedgerStoreUnfit(genesis);
  await refuseErrors("the self-test failed", () => selfTest(redis));
  if (minReplicas > 0) {
    await refuseErrors("it may not wait for replicas", () => redis.onEveryPrimary(["WAIT", "0", "1"]));
  }
  return { genesis, warnings: await readServerWarnings(redis, servers, minReplicas) };
}

function refuseFor(reasons: readonly string[]): void {
  if (reasons.length > 0) throw new LedgerStoreUnfit([...new Set(reasons)]);
}

/** What Redis refuses here it would refuse while serving. */
async function refuseErrors<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
    throw new LedgerStoreUnfit([`${what}: ${error.message}`], error);
  }
}

async function loadUnlessNewer(redis: Redis): Promise<void> {
  const revision = await readLibraryRevision(redis);
  if (revision > libraryRevision) {
    throw new LedgerStoreUnfit([
      `Redis has revision ${revision} of library ${libraryName}, this service only ${libraryRevision}: ` +
        "upgrade the service",
    ]);
  }
  await loadLibrary(redis);
}

/** The highest revision that any primary has; 0 if none has the library. */
async function readLibraryRevision(redis: Redis): Promise<number> {
  const ask = async (bucket: number): Promise<number> => {
    const key = bucketKeys(bucket).genesis;
    try {
      return await redis.callFunction<number>(`${libraryName}_library_revision`, [key], []);
    } catch (error) {
      if (error instanceof ErrorReply && isFunctionMissing(error)) return 0;
      throw error;
    }
  };
  return Math.max(...(await Promise.all(Array.from({ length: bucketCount }, (_, bucket) => ask(bucket)))));
}

/** In turns, so that the last bucket's call does not wait for all others within its deadline. */
const selfTestsAtOnce = 16;

async function selfTest(redis: Redis): Promise<void> {
  for (let first = 0; first < bucketCount; first += selfTestsAtOnce) {
    const buckets = Array.from({ length: selfTestsAtOnce }, (_, index) => first + index);
    await Promise.all(
      buckets.map((bucket) => redis.callFunction(`${libraryName}_self_test`, selfTestKeys(bucket), [])),
    );
  }
}

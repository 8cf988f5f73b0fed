import { Worker } from "node:worker_threads";
import type { ReadList } from "../domain/feeds/feed-list.ts";
import type { FeedRecord } from "../domain/feeds/feed-record.ts";
import type { FeedFault } from "../domain/feeds/read-feed.ts";
import { PricingError } from "../domain/pricing-error.ts";

/** What the reading thread answers. */
export type FeedReply =
  | { readonly records: FeedRecord[] }
  | { readonly fault: Pick<FeedFault, "reason" | "message" | "metadata"> };

const workerUrl = new URL("./feed-worker.ts", import.meta.url);
/** Bounds of one reading: the largest list that is read needs about half of each. */
const limits = { timeMs: 60_000, heapMib: 1_024 } as const;

/**
 * Reads a list in a thread of its own.
 *
 * @throws PricingError FEED_INVALID or FEED_TOO_LARGE
 */
export const readInWorker: ReadList = async (
  sourceId,
  content,
  { format, mapping, currencyCode, priceIdPrefix },
) => {
  const settings = { format, currencyCode, ...(mapping === undefined ? {} : { mapping }) };
  const worker = new Worker(workerUrl, {
    workerData: { content, settings, priceIdPrefix },
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMib },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const reply = await new Promise<FeedReply>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`the reading thread ended with ${code}`)));
      timer = setTimeout(() => resolve(overlong), limits.timeMs);
    });
    if ("records" in reply) return reply.records;
    const { reason, message, metadata } = reply.fault;
    throw new PricingError(reason, message, { metadata: { source_id: sourceId, ...metadata } });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") throw error;
    throw new PricingError("FEED_TOO_LARGE", "the list takes more memory than reading may", {
      metadata: { source_id: sourceId, limit: `${limits.heapMib} MiB` },
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
};

const overlong: FeedReply = {
  fault: {
    reason: "FEED_TOO_LARGE",
    message: `the list takes longer than ${limits.timeMs / 1_000} s to read`,
    metadata: { limit: `${limits.timeMs} ms` },
  },
};

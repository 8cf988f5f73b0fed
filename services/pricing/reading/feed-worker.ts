/** Reads one list in a thread of its own, so that pricing goes on and a hostile list can be given up. */
import { parentPort, workerData } from "node:worker_threads";
import { FeedFault, type ReadSettings, readFeed } from "../domain/feeds/read-feed.ts";
import type { FeedReply } from "./read-in-worker.ts";

const { content, settings, priceIdPrefix } = workerData as {
  readonly content: Uint8Array;
  readonly settings: ReadSettings;
  readonly priceIdPrefix: string;
};

function read(): FeedReply {
  try {
    return { records: readFeed(content, settings, priceIdPrefix) };
  } catch (error) {
    if (!(error instanceof FeedFault)) throw error;
    const { reason, message, metadata } = error;
    return { fault: { reason, message, metadata } };
  }
}

parentPort?.postMessage(read());

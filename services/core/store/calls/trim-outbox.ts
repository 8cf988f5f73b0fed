import { type FunctionCall, textsOf } from "../function-call.ts";
import { bucketKeys } from "../keys.ts";

/** When entries of an outbox go, and when readers of it are no longer waited for. */
export interface OutboxBounds {
  /** Most entries of a bucket that wait for readers. */
  readonly mostEntries: number;
  /** Longest time without a heartbeat of a reader, at most 7 days. */
  readonly readerSilenceMs: number;
  /** Entries younger than this stay, as far as there are not too many. */
  readonly tailMs: number;
}

/** What an outbox is after it was trimmed. */
export interface TrimmedOutbox {
  /** Entries left. */
  readonly length: number;
  /** Entries that this call removed. */
  readonly removed: number;
  /** Readers that are not waited for. */
  readonly laggedReaders: ReadonlyArray<{ readonly readerId: string; readonly markedNow: boolean }>;
}

/** Removes what every reader of a bucket's outbox has processed; doing it twice has the effect of once. */
export function trimOutboxCall(bucket: number, bounds: OutboxBounds): FunctionCall<TrimmedOutbox> {
  const { outbox, outboxReaders } = bucketKeys(bucket);
  const { mostEntries, readerSilenceMs, tailMs } = bounds;
  return {
    name: "trim_outbox",
    keys: () => [outbox, outboxReaders],
    args: () => [mostEntries, readerSilenceMs, tailMs].map(String),
    parse: (reply) => {
      const [length, removed, ...lagged] = textsOf(reply, 2);
      const laggedReaders = lagged.flatMap((readerId, index) =>
        index % 2 === 0 ? [{ readerId, markedNow: lagged[index + 1] === "1" }] : [],
      );
      return { length: Number(length), removed: Number(removed), laggedReaders };
    },
  };
}

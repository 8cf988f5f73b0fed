import type { Clock } from "#platform/clock/clock.ts";
import { ExpirySweeper } from "../expiry-sweeper.ts";
import type { TestLedger } from "./test-ledger.ts";

/** A sweeper at work, and what it has said so far. */
export interface CountingSweeper {
  readonly seen: {
    /** Expiries that it performed itself. */
    performed: number;
    /** Rounds that ended with an error. */
    failed: number;
    /** Members of the index that can't be expired. */
    readonly stuck: string[];
  };
  stop(): Promise<void>;
}

/** Starts one beside others on the same ledger, as another instance of Core does. */
export function startSweeper(
  { redis, store }: Pick<TestLedger, "redis" | "store">,
  clock?: Clock,
): CountingSweeper {
  const seen: CountingSweeper["seen"] = { performed: 0, failed: 0, stuck: [] };
  const sweeper = new ExpirySweeper({
    redis,
    store,
    ...(clock && { clock }),
    observer: {
      performed: () => seen.performed++,
      swept: () => {},
      stuck: (member) => seen.stuck.push(member),
      failed: () => seen.failed++,
    },
  });
  sweeper.start();
  return { seen, stop: () => sweeper.stop() };
}

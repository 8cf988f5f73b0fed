import { pause, systemClock } from "../clock/clock.ts";
import {
  createHolderName,
  defaultLeaseTtlMs,
  type Lease,
  type LeaseOptions,
  tryAcquireLease,
} from "./lease.ts";

/** A process that wants to lead. */
export interface Campaign {
  /** Whether it leads now. */
  isLeading(): boolean;
  /** Aborts the work, waits for its end, frees the lease and takes no part any more. */
  stop(): Promise<void>;
}

/**
 * Work of a leader. It ends soon after `signal` is aborted: the lease is lost, or the campaign was stopped (then
 * the lease is held until the work has ended).
 */
export type LeaderWork = (lease: Lease, signal: AbortSignal) => Promise<void>;

/**
 * Runs `work` in one process at a time, among all that campaign for the same key, for ever. Work that returns
 * or throws hands the lease on; here it begins again when the lease is taken anew, never twice at a time.
 *
 * Another takes over when the holder has let the lease expire, and within a quarter of its time when it was
 * released. `onError` hears of failed attempts and of what the work threw.
 */
export function runWhileLeading(options: LeaseOptions, work: LeaderWork): Campaign {
  const { clock = systemClock, ttlMs = defaultLeaseTtlMs, onError } = options;
  const holder = createHolderName();
  const stopping = new AbortController();
  const pollMs = ttlMs / 4;
  let leading: Lease | undefined;

  /** Leads once if it can; gives the milliseconds to wait before the next attempt. */
  const lead = async (): Promise<number> => {
    const attempt = await tryAcquireLease(options, holder);
    if (attempt.lease === undefined) return Math.min(pollMs, attempt.freeInMs);
    const { lease } = attempt;
    leading = lease;
    try {
      await runWork(lease);
    } finally {
      leading = undefined;
      await lease.release();
    }
    return pollMs;
  };
  const runWork = async (lease: Lease) => {
    const signal = AbortSignal.any([lease.signal, stopping.signal]);
    try {
      if (!signal.aborted) await work(lease, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (lease.signal.aborted) throw lease.signal.reason;
  };
  const campaign = async () => {
    while (!stopping.signal.aborted) {
      let waitMs = pollMs;
      try {
        waitMs = await lead();
      } catch (error) {
        onError?.(error);
      }
      await pause(clock, waitMs * (0.75 + Math.random() / 2), stopping.signal);
    }
  };

  const ended = campaign();
  return {
    isLeading: () => leading?.isHeld() ?? false,
    async stop() {
      stopping.abort(new DOMException("the campaign was stopped", "AbortError"));
      await ended;
    },
  };
}

import { type Clock, pause } from "#platform/clock/clock.ts";
import type { VerificationStore } from "./account-verifier.ts";

/** A long calculation between two calls, such as the folding of a page, is followed by a rest of at most this. */
const longestRestMs = 1_000;

/**
 * The same calls, each after a rest that is `restShare` times as long as the work before it (the call before, and
 * what was done with its answer): so that work of no hurry takes that small a part of the process and of Redis,
 * however much of it there is. For one caller that makes one call at a time.
 */
export function pacedCalls(store: VerificationStore, restShare: number, clock: Clock): VerificationStore {
  let restedMs = clock.monotonicMs();
  return {
    run: async (call) => {
      const workedMs = clock.monotonicMs() - restedMs;
      await pause(clock, Math.min(workedMs * restShare, longestRestMs));
      restedMs = clock.monotonicMs();
      return store.run(call);
    },
    serverTimeMs: (accountId) => store.serverTimeMs(accountId),
  };
}

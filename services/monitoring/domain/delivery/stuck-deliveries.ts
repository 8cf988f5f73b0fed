import { type Clock, pause } from "#platform/clock/clock.ts";
import type { DeadLetter } from "#platform/queue/durable-queue.ts";
import type { DeliveryOptions } from "./delivery-worker.ts";

const letterPage = 100;
const roundEveryMs = 60_000;

/** What ending stuck deliveries needs. */
export type StuckDeliveryOptions = Pick<DeliveryOptions, "store" | "onAttempt" | "onError" | "now">;

/**
 * Ends deliveries whose message the queue gave up because whoever attempted it died each time: nobody attempts them
 * any more, so they have failed, are seen as such, and can be sent again.
 *
 * @param after the last dead letter that was looked at before
 * @returns the last one that was looked at now.
 */
export async function endStuckDeliveries(
  { store, onAttempt, now }: Omit<StuckDeliveryOptions, "onError">,
  after?: DeadLetter,
): Promise<DeadLetter | undefined> {
  let last = after;
  for (;;) {
    const letters = await store.queue.listDeadLetters(letterPage, last);
    for (const letter of letters) {
      await fail(letter);
      last = letter;
    }
    if (letters.length < letterPage) return last;
  }

  async function fail({ id, reason, attempts }: DeadLetter): Promise<void> {
    for (;;) {
      const before = await store.get(id);
      if (before?.record.state !== "pending") return;
      const { nextAttemptAtMs: _, ...rest } = before.record;
      const error = `given up after ${attempts} attempts that were cut off: ${reason}`;
      const noted = { atMs: now(), durationMs: 0, httpStatus: 0, error };
      const failed = { ...rest, state: "failed", attempts: [...rest.attempts, noted].slice(-20) } as const;
      if (!(await store.replace(before, failed))) continue;
      onAttempt(failed);
      return;
    }
  }
}

/** Looks for stuck deliveries once a minute; doing it in several instances does it once. */
export function watchStuckDeliveries(options: StuckDeliveryOptions & { readonly clock: Clock }): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const watch = async () => {
    let last: DeadLetter | undefined;
    while (!stopping.signal.aborted) {
      last = await endStuckDeliveries(options, last).catch((error: unknown) => {
        options.onError(error);
        return last;
      });
      await pause(options.clock, roundEveryMs, stopping.signal);
    }
  };
  const ended = watch();
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

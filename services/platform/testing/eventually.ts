import { setTimeout as pause } from "node:timers/promises";

const usualPollMs = 10;

/**
 * Waits until a check passes (returns without throwing) and gives its result. A check that costs much is better made
 * less often.
 *
 * @throws what the check threw last, when the deadline passes first.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  withinMs = 60_000,
  pollMs = usualPollMs,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadlineMs) throw error;
      await pause(pollMs);
    }
  }
}

/**
 * Waits until a condition holds.
 *
 * @throws Error with `what`, when the deadline passes first.
 */
export function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  return eventually(async () => {
    if (!(await condition())) throw new Error(`not within ${withinMs} ms: ${what}`);
  }, withinMs);
}

import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until the condition holds and returns; looks every 5 ms.
 *
 * @throws Error with `what` if it does not hold within the deadline.
 */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 5_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await sleep(5);
  }
}

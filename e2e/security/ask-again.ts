import { setTimeout as pause } from "node:timers/promises";

/**
 * The pause before asking again a store that is away. Whoever floods a small machine with calls may find it so for a
 * moment, which is no verdict on what was sent.
 */
export const awayMs = 250;
/** Longer than a store is away; and of the connections that a client keeps, each may have been ended. */
const mostAttempts = 40;

/** Asks until there is a verdict; `pauseBeforeNext` says how long to wait where an answer is none, else undefined. */
export async function askUntilVerdict<T>(
  ask: () => Promise<T>,
  pauseBeforeNext: (answer: T) => number | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    const pauseMs = pauseBeforeNext(answer);
    if (pauseMs === undefined || attempt === mostAttempts) return answer;
    await pause(pauseMs);
  }
}

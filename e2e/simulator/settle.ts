import { setTimeout as pause } from "node:timers/promises";
import type { Door } from "./action.ts";
import type { Attempt, Deed } from "./deed.ts";

/** Long enough for any fault of a plan to pass and for what it stopped to be up again, on a slow machine. */
const answeredWithinMs = 120_000;
const firstPauseMs = 30;
const longestPauseMs = 1_000;

/** Sends these deeds once, together; one outcome for each, in order. */
export type Send = (deeds: readonly Deed[]) => Promise<readonly Attempt[]>;

/**
 * Sends deeds, each with its own key, until each is answered or refused, as a client does that lost a reply: what has
 * no answer is sent again with the same key.
 *
 * @returns what contradicts an earlier answer, in sentences.
 * @throws Error if there is no answer in time: what failed must work again.
 */
export async function settle(
  deeds: readonly Deed[],
  door: Door | "admin",
  send: Send,
  stopped: AbortSignal,
): Promise<string[]> {
  const deadlineMs = Date.now() + answeredWithinMs;
  const contradictions: string[] = [];
  let waiting = deeds;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const attempts = await send(waiting);
    const nowMs = Date.now();
    waiting = waiting.filter((deed, index) => {
      const attempt = attempts[index]!;
      const contradiction = deed.note(attempt, door, nowMs);
      if (contradiction !== undefined) contradictions.push(contradiction);
      return attempt.kind === "unknown" || attempt.kind === "turned away";
    });
    if (waiting.length === 0) return contradictions;
    if (nowMs > deadlineMs)
      throw new Error(`no answer within ${answeredWithinMs / 1_000} s:\n${waiting[0]!.describe()}`);
    await pause(pauseMs, undefined, { signal: stopped });
  }
}

import { setTimeout as pause } from "node:timers/promises";
import type { TestStack } from "../testing/test-stack.ts";

const awayMs = 250;
const mostAttempts = 40;

/** What a JSON route answered. */
export interface RouteAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/**
 * Asks a JSON route. Whoever floods a small machine with calls may find its store away for a moment, which is no
 * verdict on what was sent: then it asks again.
 */
export async function askRoute(stack: TestStack, path: string, init: RequestInit): Promise<RouteAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(stack.url("adminHttp") + path, init);
    const text = await answer.text();
    const isAway = answer.status === 503 && /"reason":"(STORE|PEER)_UNAVAILABLE"/.test(text);
    if (!isAway || attempt === mostAttempts)
      return { status: answer.status, contentType: answer.headers.get("content-type") ?? "", text };
    await pause(awayMs);
  }
}

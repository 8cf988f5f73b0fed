/**
 * Waits for a service to say that it is ready.
 */
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 50;
const requestTimeoutMs = 1_000;

/** Whether every url answers 200 now. */
export async function areReady(urls: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(urls.map(isReady));
  return answers.every(Boolean);
}

/** Polls until every url answers 200 (true), or until `deadline` (epoch ms) or `isHopeless` (false). */
export async function waitUntilReady(
  urls: readonly string[],
  deadline: number,
  isHopeless: () => boolean,
): Promise<boolean> {
  while (!(await areReady(urls))) {
    if (Date.now() > deadline || isHopeless()) {
      return false;
    }
    await sleep(pollMs);
  }
  return true;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

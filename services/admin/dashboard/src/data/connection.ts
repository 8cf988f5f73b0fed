import { useSyncExternalStore } from "react";

/** How the page stands to the server. */
export interface Connection {
  /**
   * `idle`: nothing is followed here. `connecting`: no word yet. `live`: changes arrive as they happen. `lost`: what
   * is shown may be old. `healed`: it was lost and is live again, said for some seconds.
   */
  readonly status: "idle" | "connecting" | "live" | "lost" | "healed";
  /** Since when, in epoch milliseconds; 0 for those that have no beginning. */
  readonly sinceMs: number;
  /** Why it was lost, in words. */
  readonly why: string;
}

interface Loss {
  readonly sinceMs: number;
  readonly why: string;
}

/** For how long it is said that the connection is there again. */
const healedShownMs = 5_000;

const live = new Set<string>();
const opening = new Set<string>();
const losses = new Map<string, Loss>();
const listeners = new Set<() => void>();
let healedAtMs = 0;
let current: Connection = { status: "idle", sinceMs: 0, why: "" };

/** The connection; renders again when it changes. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

/** A part of the page waits for its first word. */
export function noteOpening(part: string): void {
  if (!losses.has(part)) opening.add(part);
  live.delete(part);
  update();
}

/** A part hears from the server. @returns whether it had been lost. */
export function noteLive(part: string): boolean {
  const wasLost = losses.delete(part);
  opening.delete(part);
  live.add(part);
  if (wasLost && losses.size === 0) {
    healedAtMs = Date.now();
    setTimeout(update, healedShownMs + 10);
  }
  update();
  return wasLost;
}

/** A part does not hear from the server any more. */
export function noteLost(part: string, why: string): void {
  live.delete(part);
  opening.delete(part);
  losses.set(part, { sinceMs: losses.get(part)?.sinceMs ?? Date.now(), why });
  update();
}

/** A part follows nothing any more. */
export function noteClosed(part: string): void {
  live.delete(part);
  opening.delete(part);
  losses.delete(part);
  update();
}

function update(): void {
  const next = derive();
  if (next.status === current.status && next.sinceMs === current.sinceMs && next.why === current.why) return;
  current = next;
  for (const listener of listeners) listener();
}

function derive(): Connection {
  const [first] = [...losses.values()].sort((left, right) => left.sinceMs - right.sinceMs);
  if (first !== undefined) return { status: "lost", ...first };
  const isHealed = Date.now() - healedAtMs < healedShownMs;
  if (isHealed) return { status: "healed", sinceMs: healedAtMs, why: "" };
  const status = live.size > 0 ? "live" : opening.size > 0 ? "connecting" : "idle";
  return { status, sinceMs: 0, why: "" };
}

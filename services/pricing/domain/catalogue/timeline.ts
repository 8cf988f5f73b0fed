import type { Effective } from "./records.ts";

/**
 * What is in force at a time: the entry with the latest beginning not after it; of equal ones the one made last.
 *
 * @param entries in the order in which they were made
 */
export function inForceAt<E extends Effective>(entries: readonly E[], atMs: number): E | undefined {
  let found: E | undefined;
  for (const entry of entries) {
    const { effectiveFromMs } = entry;
    if (effectiveFromMs <= atMs && effectiveFromMs >= (found?.effectiveFromMs ?? effectiveFromMs))
      found = entry;
  }
  return found;
}

/** The first entry to come after a time; of equal ones the one made last. */
export function nextAfter<E extends Effective>(entries: readonly E[], atMs: number): E | undefined {
  let found: E | undefined;
  for (const entry of entries) {
    const { effectiveFromMs } = entry;
    if (effectiveFromMs > atMs && effectiveFromMs <= (found?.effectiveFromMs ?? effectiveFromMs))
      found = entry;
  }
  return found;
}

/**
 * When an entry is in force no more; undefined if that is not known. One that another of the same beginning
 * replaced never was: its end is its beginning.
 */
export function endOf<E extends Effective>(entries: readonly E[], entry: E): number | undefined {
  if (inForceAt(entries, entry.effectiveFromMs) !== entry) return entry.effectiveFromMs;
  return nextAfter(entries, entry.effectiveFromMs)?.effectiveFromMs;
}

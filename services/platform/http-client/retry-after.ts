const longestMs = 24 * 60 * 60 * 1_000;

/** What a Retry-After header asks for, in milliseconds from now, at most a day; undefined if it says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return bounded(Number(text) * 1_000);
  // Date.parse takes much that is no HTTP date, a bare number among it.
  const atMs = /^[A-Z][a-z]+, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : bounded(atMs - nowMs);
}

function bounded(waitMs: number): number {
  return Math.min(longestMs, Math.max(0, waitMs));
}

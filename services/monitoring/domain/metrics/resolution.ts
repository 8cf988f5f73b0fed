const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A length at which points are kept. */
export interface Resolution {
  /** Part of the keys. */
  readonly letter: "m" | "h" | "d";
  /** Length of a point. */
  readonly stepMs: number;
  /** How long points are kept. */
  readonly retentionMs: number;
}

/** What is kept of every metric, finest first. Enough to compare 24 h and 31 d with the time before them. */
export const resolutions: readonly Resolution[] = [
  { letter: "m", stepMs: minuteMs, retentionMs: 2 * dayMs },
  { letter: "h", stepMs: hourMs, retentionMs: 65 * dayMs },
  { letter: "d", stepMs: dayMs, retentionMs: 1_100 * dayMs },
];

export const finestStepMs = minuteMs;

/** Points in a hash: few enough for Redis to pack them. */
export const pointsPerChunk = 120;

/** Start of the point in which a moment lies. */
export function pointStartMs(atMs: number, stepMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}

/** The coarsest resolution of which each of the lengths is a multiple, so that the fewest points are read. */
export function resolutionFor(...lengthsMs: number[]): Resolution {
  const fitting = resolutions.findLast(({ stepMs }) => lengthsMs.every((length) => length % stepMs === 0));
  if (fitting === undefined) throw new RangeError("lengths are whole minutes");
  return fitting;
}

/** Start of the oldest point that is surely there. */
export function oldestPointMs({ stepMs, retentionMs }: Resolution, nowMs: number): number {
  return pointStartMs(nowMs - retentionMs, stepMs) + stepMs;
}

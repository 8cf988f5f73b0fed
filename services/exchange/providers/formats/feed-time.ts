import { FeedError } from "./feed-error.ts";

const dayPattern = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
/** Rates are of this age; what lies outside is an error of the feed. */
const earliestMs = Date.UTC(1990, 0, 1);
const latestMs = Date.UTC(2200, 0, 1);

/** Midnight UTC of a day such as 2026-04-13, epoch milliseconds. @throws FeedError if it is no day. */
export function dayMs(day: string): number {
  const midnightMs = dayPattern.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  // Some engines take February 30th for March 2nd.
  if (Number.isNaN(midnightMs) || !new Date(midnightMs).toISOString().startsWith(day))
    throw new FeedError(`${JSON.stringify(day.slice(0, 20))} is no day`);
  return checkedTime(midnightMs);
}

/** Epoch milliseconds of a number of seconds. @throws FeedError if it is none of this age. */
export function secondsToMs(seconds: string): number {
  if (!/^[0-9]{1,12}$/.test(seconds))
    throw new FeedError(`${JSON.stringify(seconds.slice(0, 20))} is no time in seconds`);
  return checkedTime(Number(seconds) * 1_000);
}

/** @throws FeedError if a time lies outside of what rates can be of. */
export function checkedTime(timeMs: number): number {
  if (timeMs >= earliestMs && timeMs < latestMs) return timeMs;
  throw new FeedError("the answer has a date of another age");
}

import { type OffsetAt, zoneOffset } from "../clock/time-zone.ts";

/** Gives the first slot after a moment, both in epoch milliseconds. */
export type Timetable = (afterMs: number) => number;

/** Every so many milliseconds (1 or more), counted from 1970: the slots are the same in every process. */
export function every(intervalMs: number): Timetable {
  if (!(Number.isSafeInteger(intervalMs) && intervalMs >= 1)) throw new RangeError("intervalMs: 1 or more");
  return (afterMs) => (Math.floor(afterMs / intervalMs) + 1) * intervalMs;
}

const dayMs = 86_400_000;

/**
 * Each day at some times of a place, for example `dailyAt(["16:05", "17:30"], "Europe/Berlin")`. A time that the
 * clocks skip in spring comes as much later as they skip; one that autumn has twice comes once, the first time.
 */
export function dailyAt(times: readonly string[], timeZone: string): Timetable {
  const minutes = times.map(parseTime);
  if (minutes.length === 0) throw new RangeError("no time of day");
  const offsetAt = zoneOffset(timeZone);
  return (afterMs) => {
    const localDay = Math.floor((afterMs + offsetAt(afterMs)) / dayMs) * dayMs;
    const slots = [localDay - dayMs, localDay, localDay + dayMs, localDay + 2 * dayMs].flatMap((day) =>
      minutes.map((minute) => toInstant(day + minute * 60_000, offsetAt)),
    );
    return Math.min(...slots.filter((slot) => slot > afterMs));
  };
}

/** Minutes since midnight of a time such as `07:30`. */
function parseTime(time: string): number {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (hour === undefined) throw new RangeError(`${time} is not a time of day from 00:00 to 23:59`);
  return Number(hour) * 60 + Number(minute);
}

/** The moment at which clocks of a place show `localMs` (written as if it were UTC). */
function toInstant(localMs: number, offsetAt: OffsetAt): number {
  // The offsets in force a day before and a day after are all that can apply.
  const before = localMs - offsetAt(localMs - dayMs);
  const after = localMs - offsetAt(localMs + dayMs);
  const isShown = (instantMs: number) => instantMs + offsetAt(instantMs) === localMs;
  return !isShown(before) && isShown(after) ? after : before;
}

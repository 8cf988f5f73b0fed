import { type OffsetAt, zoneOffset } from "#platform/clock/time-zone.ts";
import type { TimeWindow } from "../price-terms.ts";

/** A window of local time, ready to be asked. */
export interface LocalWindow {
  holdsAt(instantMs: number): boolean;
  /** A moment after `instantMs` up to which the answer stays the same; at most about a day away. */
  nextChangeMs(instantMs: number): number;
}

const dayMs = 86_400_000;
const utc: OffsetAt = () => 0;
const offsets = new Map<string, OffsetAt>([
  ["UTC", utc],
  ["Etc/UTC", utc],
]);

/** What to add to UTC in a zone; making it is slow, so each is made once. Throws RangeError: no such zone. */
function offsetOf(timeZone: string): OffsetAt {
  let offset = offsets.get(timeZone);
  if (offset === undefined) {
    offset = zoneOffset(timeZone);
    offsets.set(timeZone, offset);
  }
  return offset;
}

/** Whether there is such a time zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    offsetOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** Makes a window ready to be asked. */
export function compileWindow({ timeZone, weekdays, from, to }: TimeWindow): LocalWindow {
  const offsetAt = offsetOf(timeZone);
  const fromMs = timeOfDayMs(from);
  const toMs = timeOfDayMs(to);
  const endsNextDay = toMs <= fromMs;
  const beginsOn = (localDay: number) => weekdays.length === 0 || weekdays.includes(isoWeekday(localDay));
  return {
    holdsAt(instantMs) {
      const localMs = instantMs + offsetAt(instantMs);
      const day = Math.floor(localMs / dayMs);
      const sinceMidnightMs = localMs - day * dayMs;
      const begunToday = sinceMidnightMs >= fromMs && (endsNextDay || sinceMidnightMs < toMs);
      if (begunToday && beginsOn(day)) return true;
      return endsNextDay && sinceMidnightMs < toMs && beginsOn(day - 1);
    },
    nextChangeMs(instantMs) {
      const offsetMs = offsetAt(instantMs);
      const sinceMidnightMs = (((instantMs + offsetMs) % dayMs) + dayMs) % dayMs;
      const waits = [fromMs, toMs % dayMs].map((edge) => edge - sinceMidnightMs);
      const waitMs = Math.min(...waits.map((wait) => (wait > 0 ? wait : wait + dayMs)));
      const edgeMs = instantMs + waitMs;
      return offsetAt(edgeMs) === offsetMs ? edgeMs : clockChangeMs(offsetAt, instantMs, edgeMs);
    },
  };
}

/** The first moment with another offset, between one that has the old and one that has the new. */
function clockChangeMs(offsetAt: OffsetAt, beforeMs: number, afterMs: number): number {
  const offsetMs = offsetAt(beforeMs);
  let low = beforeMs;
  let high = afterMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offsetMs) low = middle;
    else high = middle;
  }
  return high;
}

/** "HH:MM:SS" in milliseconds. */
export function timeOfDayMs(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

/** 1 Monday to 7 Sunday of a day counted from 1970-01-01, a Thursday. */
function isoWeekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

const weekdayNames = ["", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** The window in words: "Mon Tue 18:00–24:00 Europe/Berlin". */
export function describeWindow({ timeZone, weekdays, from, to }: TimeWindow): string {
  const days = weekdays.map((day) => weekdayNames[day]).join(" ");
  return [days, `${shortTime(from)}–${shortTime(to)}`, timeZone].filter((part) => part !== "").join(" ");
}

function shortTime(time: string): string {
  return time.endsWith(":00") ? time.slice(0, 5) : time;
}

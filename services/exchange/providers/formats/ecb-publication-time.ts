const hourMs = 60 * 60 * 1_000;
/** Local hour in Frankfurt at which the reference rates of a day come out. */
const publicationHour = 16;
const march = 2;
const october = 9;

/**
 * When the ECB published the rates of a day: 16:00 in Frankfurt, as epoch milliseconds. The rates name only
 * their day; dating them earlier would let a past time see rates that nobody had yet.
 *
 * @param day midnight UTC of the day, epoch milliseconds; 1996 or later, from when Europe's summer time runs
 * from the last Sunday of March to the last Sunday of October.
 */
export function ecbPublicationTimeMs(day: number): number {
  const year = new Date(day).getUTCFullYear();
  const summer = day >= lastSunday(year, march) && day < lastSunday(year, october);
  return day + (publicationHour - (summer ? 2 : 1)) * hourMs;
}

/** Midnight UTC of the last Sunday of a month with 31 days. */
function lastSunday(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month, 31));
  return last.setUTCDate(31 - last.getUTCDay());
}

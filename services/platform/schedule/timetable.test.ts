import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dailyAt, every, type Timetable } from "./timetable.ts";

test("slots of an interval lie after the moment, within it, at its multiples", () => {
  const moments = fc.integer({ min: -1, max: 4_102_444_800_000 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400_000 * 30 }), moments, (intervalMs, afterMs) => {
      const slot = every(intervalMs)(afterMs);
      assert.ok(slot > afterMs && slot <= afterMs + intervalMs);
      assert.equal(slot % intervalMs, 0);
    }),
  );
});

const berlin = dailyAt(["16:05"], "Europe/Berlin");
const slots: ReadonlyArray<[what: string, timetable: Timetable, after: string, expected: string]> = [
  ["later on the day", berlin, "2026-01-10T08:00:00Z", "2026-01-10T15:05:00Z"],
  ["at a slot the next day's", berlin, "2026-01-10T15:05:00Z", "2026-01-11T15:05:00Z"],
  ["a moment before a slot that one", berlin, "2026-01-10T15:04:59.999Z", "2026-01-10T15:05:00Z"],
  ["in summer by summer time", berlin, "2026-07-01T00:00:00Z", "2026-07-01T14:05:00Z"],
  ["after the clocks went forth that day", berlin, "2026-03-29T00:00:00Z", "2026-03-29T14:05:00Z"],
  ["after the clocks went back that day", berlin, "2026-10-25T00:00:00Z", "2026-10-25T15:05:00Z"],
  ["over the turn of the year", berlin, "2026-12-31T22:00:00Z", "2027-01-01T15:05:00Z"],
  [
    "a local day ahead of UTC's",
    dailyAt(["00:30"], "Asia/Tokyo"),
    "2026-05-01T15:00:00Z",
    "2026-05-01T15:30:00Z",
  ],
  [
    "a local day behind UTC's",
    dailyAt(["23:30"], "America/Los_Angeles"),
    "2026-05-02T03:00:00Z",
    "2026-05-02T06:30:00Z",
  ],
  [
    "the first of several",
    dailyAt(["18:00", "06:00"], "UTC"),
    "2026-05-02T07:00:00Z",
    "2026-05-02T18:00:00Z",
  ],
  [
    "of half an hour's offset",
    dailyAt(["12:00"], "Asia/Kolkata"),
    "2026-05-02T00:00:00Z",
    "2026-05-02T06:30:00Z",
  ],
  [
    "skipped in spring: an hour later",
    dailyAt(["02:30"], "Europe/Berlin"),
    "2026-03-28T12:00:00Z",
    "2026-03-29T01:30:00Z",
  ],
  [
    "twice in autumn: the first",
    dailyAt(["02:30"], "Europe/Berlin"),
    "2026-10-24T12:00:00Z",
    "2026-10-25T00:30:00Z",
  ],
  [
    "twice in autumn: not again",
    dailyAt(["02:30"], "Europe/Berlin"),
    "2026-10-25T00:30:00Z",
    "2026-10-26T01:30:00Z",
  ],
];
for (const [what, timetable, after, expected] of slots) {
  test(`the slot of a day: ${what}`, () => {
    assert.equal(new Date(timetable(Date.parse(after))).toISOString(), new Date(expected).toISOString());
  });
}

for (const timeZone of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]) {
  test(`a time of day comes once a day all year in ${timeZone}`, () => {
    const timetable = dailyAt(["02:15"], timeZone);
    const yearEnd = Date.UTC(2027, 0, 1);
    let count = 0;
    for (let slot = timetable(Date.UTC(2026, 0, 1)); slot <= yearEnd; slot = timetable(slot)) count++;
    assert.equal(count, 365);
  });
}

const faults: ReadonlyArray<[what: string, make: () => Timetable]> = [
  ["no time", () => dailyAt([], "UTC")],
  ["24:00", () => dailyAt(["24:00"], "UTC")],
  ["no time of day", () => dailyAt(["7:30"], "UTC")],
  ["an unknown zone", () => dailyAt(["07:30"], "Europe/Atlantis")],
  ["interval 0", () => every(0)],
  ["half a millisecond", () => every(0.5)],
];
for (const [what, make] of faults) test(`refused: ${what}`, () => assert.throws(make, RangeError));

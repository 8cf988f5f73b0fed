import assert from "node:assert/strict";
import { test } from "node:test";
import { ecbPublicationTimeMs } from "./ecb-publication-time.ts";

const dayMs = 24 * 60 * 60 * 1_000;

test("every day's rates come out at 16:00 in Frankfurt, in summer and in winter", () => {
  const clock = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Europe/Berlin",
    dateStyle: "short",
    timeStyle: "short",
  });
  for (let day = Date.UTC(1999, 0, 4); day < Date.UTC(2035, 0, 1); day += dayMs) {
    const expected = `${new Date(day).toISOString().slice(0, 10)} 16:00`;
    assert.equal(clock.format(ecbPublicationTimeMs(day)), expected);
  }
});

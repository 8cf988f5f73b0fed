import { priced, termsOf, usageOf } from "../../../../testing/terms.ts";
import type { DurationRate } from "../../../price-terms.ts";
import type { PublishedExamples } from "./example.ts";

const perSecond = (
  amount: string,
  connectFee: string,
  weekdays: readonly number[],
  from: string,
): DurationRate => ({
  window: { timeZone: "UTC", weekdays, from, to: "24:00:00" },
  connectFee,
  steps: [{ fromMs: 0, incrementMs: 1_000, amount, perMs: 1_000 }],
});
const workdays = [1, 2, 3, 4, 5];
const cgratesByTime = termsOf([
  priced("seconds", {
    kind: "duration",
    rates: [
      perSecond("0.5", "0", workdays, "18:00:00"),
      perSecond("1", "1", workdays, "00:00:00"),
      perSecond("0.5", "0", [6, 7], "00:00:00"),
    ],
  }),
]);
const during = (from: string, to: string) =>
  usageOf({}, { atMs: Date.parse(from), endedAtMs: Date.parse(to) });
const seconds = (count: string) => usageOf({ seconds: count });

/** Of calls by their length. */
export const durations: PublishedExamples = {
  "cgrates/cgrates@19463bdc:engine/calldesc_test.go": [
    ["at night", cgratesByTime, during("2012-02-08T23:50:00Z", "2012-02-08T23:50:30Z"), "15"],
    ["over midnight", cgratesByTime, during("2012-02-07T23:50:00Z", "2012-02-08T00:30:00Z"), "2100"],
    [
      "a first minute, then seconds",
      termsOf([
        priced("seconds", {
          kind: "duration",
          rates: [
            {
              connectFee: "0",
              steps: [
                { fromMs: 0, incrementMs: 60_000, amount: "1", perMs: 1_000 },
                { fromMs: 60_000, incrementMs: 1_000, amount: "1", perMs: 1_000 },
              ],
            },
          ],
        }),
      ]),
      seconds("132"),
      "132",
    ],
    // The source rounds each increment, and says itself that its 0.3001 is wrong.
    [
      "rounded never",
      termsOf([
        priced("seconds", {
          kind: "duration",
          rates: [
            { connectFee: "0", steps: [{ fromMs: 0, incrementMs: 1_000, amount: "0.1", perMs: 60_000 }] },
          ],
        }),
      ]),
      seconds("180"),
      "0.3",
    ],
  ],
};

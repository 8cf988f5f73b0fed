import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EcbHistoryError, parseEcbHistory } from "./ecb-history.ts";

const history = "Date,USD,RUB,\n2026-04-13,1.1684,N/A,\n2026-04-10,1.1710,88.5,\n";

test("days come oldest first, each rate in the digits that were published", () => {
  const days = parseEcbHistory(history).map(({ baseCurrency, publishedAtMs, rates }) => [
    baseCurrency,
    new Date(publishedAtMs).toISOString(),
    Object.fromEntries(rates),
  ]);
  assert.deepEqual(days, [
    ["EUR", "2026-04-10T14:00:00.000Z", { USD: "1.1710", RUB: "88.5" }],
    ["EUR", "2026-04-13T14:00:00.000Z", { USD: "1.1684" }],
  ]);
});

test("line ends of another system make no difference", () => {
  assert.deepEqual(parseEcbHistory(history.replaceAll("\n", "\r\n")), parseEcbHistory(history));
});

describe("a history that cannot be trusted is refused, naming the line", () => {
  const cases: readonly [name: string, text: string, message: RegExp][] = [
    ["nothing", "", /no days/],
    ["a header alone", "Date,USD,\n", /no days/],
    ["another file", "<html>\n</html>\n", /line 1: the header does not begin/],
    ["a header without currencies", "Date,\n2026-04-13,\n", /line 1: /],
    ["a code that is none", "Date,usd,\n2026-04-13,1,\n", /line 1: "usd"/],
    ["the euro in euros", "Date,EUR,\n2026-04-13,1,\n", /line 1: "EUR"/],
    ["a currency twice", "Date,USD,USD,\n2026-04-13,1,2,\n", /line 1: .*twice/],
    ["a day that does not exist", "Date,USD,\n2026-02-30,1,\n", /line 2: "2026-02-30"/],
    ["a day in another form", "Date,USD,\n13.04.2026,1,\n", /line 2: "13.04.2026"/],
    ["a line cut off", "Date,USD,JPY,\n2026-04-13,1.16", /line 2: 1 rates for 2/],
    ["a line too long", "Date,USD,\n2026-04-13,1,2,\n", /line 2: 2 rates for 1/],
    ["a day twice", "Date,USD,\n2026-04-13,1,\n2026-04-13,2,\n", /line 3: /],
    ["days in the wrong order", "Date,USD,\n2026-04-10,1,\n2026-04-13,2,\n", /line 3: /],
    ["a rate of 0", "Date,USD,\n2026-04-13,0.000,\n", /line 2: "0.000" is no rate for USD/],
    ["a negative rate", "Date,USD,\n2026-04-13,-1,\n", /line 2: "-1"/],
    ["an empty rate", "Date,USD,JPY,\n2026-04-13,,1,\n", /line 2: ""/],
    ["a rate with an exponent", "Date,USD,\n2026-04-13,1e3,\n", /line 2: "1e3"/],
    ["a blank line", "Date,USD,\n\n2026-04-13,1,\n", /line 2: "" is no day/],
  ];
  for (const [name, text, message] of cases) {
    test(name, () => {
      assert.throws(
        () => parseEcbHistory(text),
        (error) => error instanceof EcbHistoryError && message.test(error.message),
      );
    });
  }
});

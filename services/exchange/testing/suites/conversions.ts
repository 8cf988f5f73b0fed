import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RoundingMode } from "#gen/billing/type/v1/money_pb.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { client, timestamp } from "../bundled-exchange.ts";

describe("Convert", () => {
  const convert = (change: Parameters<typeof client.convert>[0]) =>
    client.convert({ fromCurrency: "USD", toCurrency: "JPY", amount: "100", ...change });

  test("answers with the amount, the exact one, and the rate behind them", async () => {
    const { conversion } = await convert({});
    assert.deepEqual([conversion?.converted?.currencyCode, conversion?.converted?.amount], ["JPY", "15983"]);
    assert.equal(conversion?.unroundedAmount, "15983.396097226977062649777473467990414242");
    assert.equal(conversion?.unroundedIsExact, false);
    assert.deepEqual(conversion?.rate, conversion?.rateInForce?.rate);
    assert.deepEqual([conversion?.rate?.provider, conversion?.rate?.steps.length], ["ecb", 2]);
    assert.equal(conversion?.quote, undefined);
  });

  const roundings: readonly [mode: RoundingMode, plus: string, minus: string][] = [
    [RoundingMode.UNSPECIFIED, "2.2", "-2.2"],
    [RoundingMode.HALF_EVEN, "2.2", "-2.2"],
    [RoundingMode.HALF_UP, "2.3", "-2.3"],
    [RoundingMode.HALF_DOWN, "2.2", "-2.2"],
    [RoundingMode.UP, "2.3", "-2.3"],
    [RoundingMode.DOWN, "2.2", "-2.2"],
    [RoundingMode.CEILING, "2.3", "-2.2"],
    [RoundingMode.FLOOR, "2.2", "-2.3"],
  ];
  for (const [mode, plus, minus] of roundings) {
    test(`rounds by mode ${mode}`, async () => {
      const round = async (amount: string) => {
        const rounding = { digits: 1, mode };
        return (await convert({ toCurrency: "USD", amount, rounding })).conversion?.converted?.amount;
      };
      assert.deepEqual([await round("2.25"), await round("-2.25")], [plus, minus]);
    });
  }

  test("0 digits are 0 digits, not the default", async () => {
    const { conversion } = await convert({ toCurrency: "EUR", rounding: { digits: 0 } });
    assert.equal(conversion?.converted?.amount, "86");
  });

  test("leaves the result unrounded when exact is asked", async () => {
    const { conversion } = await convert({
      fromCurrency: "EUR",
      toCurrency: "USD",
      amount: "0.01",
      exact: true,
    });
    assert.deepEqual(
      [conversion?.unroundedAmount, conversion?.unroundedIsExact, conversion?.converted],
      ["0.011684", true, undefined],
    );
  });

  test("refuses to lose an amount, unless that is allowed", async () => {
    const error = await refusalOf(convert({ amount: "0.001" }));
    assert.equal(error.reason, "AMOUNT_BECOMES_ZERO");
    assert.match(error.metadata.unrounded_amount ?? "", /^0[.]159833960972/);
    const { conversion } = await convert({ amount: "0.001", rounding: { allowZero: true } });
    assert.equal(conversion?.converted?.amount, "0");
  });

  test("refuses a rounding for an exact result, naming the field", async () => {
    const error = await refusalOf(convert({ exact: true, rounding: { digits: 2 } }));
    assert.deepEqual([error.reason, error.fields], ["REQUEST_INVALID", ["rounding"]]);
  });

  test("refuses a quote", async () => {
    const error = await refusalOf(convert({ rateSource: { case: "quoteId", value: "q-1" } }));
    assert.equal(error.reason, "QUOTE_NOT_FOUND");
  });
});

describe("ConvertBatch", () => {
  test("an error in a line carries its facts", async () => {
    const lines = [{ fromCurrency: "EUR", toCurrency: "AED", amount: "1" }];
    const { results } = await client.convertBatch({ lines });
    assert.deepEqual(results[0]?.result.case === "error" && results[0].result.value.metadata, {
      from_currency: "EUR",
      to_currency: "AED",
    });
  });

  const good = { fromCurrency: "EUR", toCurrency: "USD", amount: "1" };
  const refused = [
    { name: "a line against its constraints", line: { ...good, amount: "1e3" }, field: "lines[1].amount" },
    {
      name: "a line with a rounding for an exact result",
      line: { ...good, exact: true, rounding: { digits: 2 } },
      field: "lines[1].rounding",
    },
  ];
  for (const { name, line, field } of refused) {
    test(`${name} refuses the whole call, naming it`, async () => {
      const error = await refusalOf(client.convertBatch({ lines: [good, line] }));
      assert.deepEqual([error.reason, error.fields], ["REQUEST_INVALID", [field]]);
    });
  }

  // The last one: client and service share this process, which is busy with it for a while.
  test("answers 10,000 lines in order, each with its own result or error", async () => {
    const kinds = [
      { line: { fromCurrency: "EUR", toCurrency: "USD", amount: "10" }, result: "11.68" },
      { line: { fromCurrency: "EUR", toCurrency: "RUB", amount: "10" }, result: "RATE_STALE" },
      { line: { fromCurrency: "USD", toCurrency: "EUR", amount: "" }, result: "0.855871276959945224" },
      { line: { fromCurrency: "XYZ", toCurrency: "EUR", amount: "1" }, result: "CURRENCY_UNKNOWN" },
      { line: { fromCurrency: "USD", toCurrency: "JPY", amount: "0.001" }, result: "AMOUNT_BECOMES_ZERO" },
      {
        line: {
          fromCurrency: "EUR",
          toCurrency: "USD",
          amount: "-10",
          rateSource: { case: "asOf" as const, value: timestamp("2019-12-08T00:00:00Z") },
        },
        result: "-11.09",
      },
      {
        line: {
          fromCurrency: "EUR",
          toCurrency: "USD",
          amount: "10",
          accountId: "acme",
          rateSource: { case: "quoteId" as const, value: "q-1" },
        },
        result: "QUOTE_NOT_FOUND",
      },
    ];
    const expected = Array.from({ length: 10_000 }, (_, index) => kinds[index % kinds.length]!);
    const { results } = await client.convertBatch({ lines: expected.map(({ line }) => line) });
    const shown = results.map(({ result }) => {
      if (result.case === "error") return result.value.reason;
      return result.value?.converted?.amount ?? result.value?.rate?.rate;
    });
    assert.deepEqual(
      shown,
      expected.map(({ result }) => result),
    );
  });
});

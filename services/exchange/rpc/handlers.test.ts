import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CurrencyKind, CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import { RateKind } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { RoundingMode } from "#gen/billing/type/v1/money_pb.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { CurrencyDirectory } from "../domain/currencies/currency-directory.ts";
import { startTestExchange, type TestExchange } from "../testing/test-exchange.ts";

const timestamp = (time: string) => timestampFromDate(new Date(time));
let server: TestRedis;
let exchange: TestExchange;
let client: TestExchange["client"];

before(async () => {
  server = await startRedis();
  exchange = await startTestExchange({ redisUrl: server.url });
  client = exchange.client;
});

after(async () => {
  await exchange?.stop();
  await server?.stop();
});

describe("GetRate", () => {
  test("says the rate, its path, age and end", async () => {
    const { rate } = await client.getRate({ fromCurrency: "USD", toCurrency: "JPY" });
    assert.equal(rate?.kind, RateKind.TRIANGULATED);
    assert.deepEqual([rate.age?.seconds, rate.age?.nanos], [19n * 3_600n, 0]);
    assert.deepEqual(timestampDate(rate.usableUntil!).toISOString(), "2026-04-19T14:00:00.000Z");
    assert.deepEqual(
      [
        rate.rate?.fromCurrency,
        rate.rate?.toCurrency,
        rate.rate?.rate,
        rate.rate?.provider,
        rate.rate?.bundled,
      ],
      ["USD", "JPY", "159.833960972269770626", "ecb", false],
    );
    assert.equal(timestampDate(rate.rate!.publishedAt!).toISOString(), "2026-04-13T14:00:00.000Z");
    assert.deepEqual(
      rate.rate?.steps.map((step) => [
        step.baseCurrency,
        step.quoteCurrency,
        step.publishedRate,
        step.inverted,
      ]),
      [
        ["EUR", "USD", "1.1684", true],
        ["EUR", "JPY", "186.75", false],
      ],
    );
  });

  test("says 1 for equal currencies, from nobody", async () => {
    const { rate } = await client.getRate({ fromCurrency: "SEK", toCurrency: "SEK" });
    assert.deepEqual(
      [rate?.kind, rate?.rate?.rate, rate?.rate?.provider, rate?.rate?.steps.length, rate?.usableUntil],
      [RateKind.IDENTITY, "1", "identity", 0, undefined],
    );
    assert.equal(rate?.rate?.publishedAt, undefined);
  });

  test("answers at a time and for a provider", async () => {
    const request = { fromCurrency: "EUR", toCurrency: "USD", asOf: timestamp("2019-12-08T00:00:00Z") };
    const { rate } = await client.getRate({ ...request, providerId: "ecb" });
    assert.equal(rate?.rate?.rate, "1.1094");
  });

  const refusals = [
    {
      request: { fromCurrency: "XYZ", toCurrency: "USD" },
      reason: "CURRENCY_UNKNOWN",
      fact: "currency_code=XYZ",
    },
    {
      request: { fromCurrency: "EUR", toCurrency: "AED" },
      reason: "RATE_UNAVAILABLE",
      fact: "to_currency=AED",
    },
    {
      request: { fromCurrency: "EUR", toCurrency: "RUB" },
      reason: "RATE_STALE",
      fact: "published_at=2022-03-01T15:00:00.000Z",
    },
    {
      request: { fromCurrency: "EUR", toCurrency: "USD", providerId: "none" },
      reason: "PROVIDER_NOT_FOUND",
      fact: "provider_id=none",
    },
    {
      request: { fromCurrency: "EUR", toCurrency: "USD", asOf: timestamp("2026-04-15T00:00:00Z") },
      reason: "TIME_OUT_OF_RANGE",
      fact: "",
    },
    { request: { fromCurrency: "eur", toCurrency: "USD" }, reason: "REQUEST_INVALID", fact: "" },
  ];
  for (const { request, reason, fact } of refusals) {
    test(`refuses ${JSON.stringify(Object.values(request).filter((value) => typeof value === "string"))}: ${reason}`, async () => {
      const info = await refusalOf(client.getRate(request));
      assert.equal(info.reason, reason);
      const facts = Object.entries(info.metadata).map(([name, value]) => `${name}=${value}`);
      assert.ok(fact === "" || facts.includes(fact), facts.join());
    });
  }
});

describe("ListRates", () => {
  test("lists from the base currency to every other one, in pages, with a reason where there is no rate", async () => {
    const seen = new Map<string, string>();
    let pageToken = "";
    do {
      const page = await client.listRates({ pageSize: 100, pageToken });
      for (const { pair, result } of page.rates) {
        assert.equal(pair?.fromCurrency, "EUR");
        const shown = result.case === "rate" ? result.value.rate?.rate : result.value?.reason;
        seen.set(pair?.toCurrency ?? "", shown ?? "");
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.deepEqual(
      ["USD", "JPY", "RUB", "AED", "EUR"].map((code) => seen.get(code)),
      ["1.1684", "186.75", "RATE_STALE", "RATE_UNAVAILABLE", undefined],
    );
    assert.deepEqual([...seen.keys()], [...seen.keys()].sort());
    assert.equal(seen.size, new CurrencyDirectory("EUR").list().length - 1);
  });

  test("lists what was named, in order of code, at a time", async () => {
    const request = {
      fromCurrency: "USD",
      toCurrencies: ["USD", "JPY", "EUR"],
      asOf: timestamp("2019-12-08T00:00:00Z"),
    };
    const { rates } = await client.listRates(request);
    assert.deepEqual(
      rates.map(
        ({ result }) => result.case === "rate" && [result.value.rate?.toCurrency, result.value.rate?.rate],
      ),
      [
        ["EUR", "0.901388137732107445"],
        ["JPY", "108.563187308455020732"],
        ["USD", "1"],
      ],
    );
  });

  test("lists no manual rates where there are none", async () => {
    const { rates } = await client.listRates({ toCurrencies: ["USD"], overriddenOnly: true });
    assert.deepEqual(rates, []);
  });

  test("refuses an unknown currency and a foreign page token", async () => {
    const unknown = await refusalOf(client.listRates({ toCurrencies: ["USD", "XYZ"] }));
    assert.equal(unknown.reason, "CURRENCY_UNKNOWN");
    const named = { toCurrencies: ["JPY", "USD"], pageSize: 1 };
    const { nextPageToken } = await client.listRates({ ...named, fromCurrency: "EUR" });
    const foreign = refusalOf(client.listRates({ ...named, fromCurrency: "GBP", pageToken: nextPageToken }));
    assert.equal((await foreign).reason, "PAGE_TOKEN_INVALID");
  });
});

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
});

describe("currencies", () => {
  test("GetCurrency says digits, ledger scale and state", async () => {
    const { currency } = await client.getCurrency({ currencyCode: "KWD" });
    assert.deepEqual(
      [
        currency?.currencyCode,
        currency?.displayName,
        currency?.numericCode,
        currency?.minorDigits,
        currency?.ledgerScale,
        currency?.kind,
        currency?.state,
        currency?.base,
        currency?.configVersion,
      ],
      ["KWD", "Kuwaiti Dinar", "414", 3, 9, CurrencyKind.ISO, CurrencyState.ACTIVE, false, 1n],
    );
  });

  test("GetCurrency refuses an unknown one", async () => {
    const error = await refusalOf(client.getCurrency({ currencyCode: "CREDIT" }));
    assert.equal(error.reason, "CURRENCY_UNKNOWN");
  });

  test("ListCurrencies pages through all of them", async () => {
    const codes: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listCurrencies({ pageToken });
      codes.push(...page.currencies.map(({ currencyCode }) => currencyCode));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.deepEqual(
      codes,
      new CurrencyDirectory("EUR").list().map(({ code }) => code),
    );
  });

  const filters = [
    { request: { query: "yen" }, codes: ["JPY"] },
    { request: { query: "yen", state: CurrencyState.ACTIVE, kind: CurrencyKind.ISO }, codes: ["JPY"] },
    { request: { query: "yen", state: CurrencyState.INACTIVE }, codes: [] },
    { request: { query: "yen", kind: CurrencyKind.CUSTOM }, codes: [] },
  ];
  for (const { request, codes } of filters) {
    test(`ListCurrencies filters by ${JSON.stringify(request)}`, async () => {
      const { currencies } = await client.listCurrencies(request);
      assert.deepEqual(
        currencies.map(({ currencyCode }) => currencyCode),
        codes,
      );
    });
  }
});

describe("access", () => {
  test("a token that is bound to an account may read rates", async () => {
    const bound = await exchange.clientWith({ scopes: ["exchange.read"], account: "acme" });
    assert.ok((await bound.getRate({ fromCurrency: "EUR", toCurrency: "USD" })).rate);
  });

  test("a quote that does not exist is like a foreign one", async () => {
    const bound = await exchange.clientWith({ scopes: ["exchange.read"], account: "acme" });
    assert.equal((await refusalOf(bound.getQuote({ quoteId: "q-1" }))).reason, "QUOTE_NOT_FOUND");
  });

  test("another scope may not", async () => {
    const other = await exchange.clientWith({ scopes: ["core.read"] });
    const error = await refusalOf(other.getRate({ fromCurrency: "EUR", toCurrency: "USD" }));
    assert.equal(error.reason, "SCOPE_MISSING");
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { CurrencyKind, CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import { RateKind } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { CurrencyDirectory } from "../../domain/currencies/currency-directory.ts";
import { client, exchange, timestamp } from "../bundled-exchange.ts";

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

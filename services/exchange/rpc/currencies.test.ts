import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { CurrencyKind, CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { client, exchange, server } from "../testing/bundled-exchange.ts";
import { startTestExchange, testNowMs } from "../testing/test-exchange.ts";

const hourMs = 60 * 60 * 1_000;
let units = 0;
const newCode = () => `UNIT_${++units}`;
const settings = { displayName: "Credits", minorDigits: 2 };
const worth = (value: string, referenceCurrency = "USD", effectiveFromMs?: number) => ({
  referenceCurrency,
  value,
  ...(effectiveFromMs === undefined ? {} : { effectiveFrom: timestampFromMs(effectiveFromMs) }),
});
const rateOf = async (fromCurrency: string, toCurrency: string, asOfMs?: number) => {
  const asOf = asOfMs === undefined ? {} : { asOf: timestampFromMs(asOfMs) };
  const { rate } = await client.getRate({ fromCurrency, toCurrency, ...asOf });
  return [rate?.rate?.rate, rate?.rate?.provider];
};

describe("a unit of one's own", () => {
  test("is created with its digits, and the same request answers with it again", async () => {
    const request = { ...settings, currencyCode: newCode(), symbol: "¤", costBasis: worth("0.01") };
    const { currency } = await client.createCurrency(request);
    assert.deepEqual(
      [
        currency?.kind,
        currency?.state,
        currency?.minorDigits,
        currency?.ledgerScale,
        currency?.symbol,
        currency?.configVersion,
        currency?.numericCode,
        currency?.base,
      ],
      [CurrencyKind.CUSTOM, CurrencyState.ACTIVE, 2, 8, "¤", 1n, "", false],
    );
    assert.equal(timestampMs(currency!.createdAt!), testNowMs);
    assert.deepEqual(
      [
        currency?.guard?.maxChangePercent,
        currency?.guard?.consensusPercent,
        currency?.guard?.consensusProviders,
      ],
      ["10", "2", 3],
    );
    assert.deepEqual((await client.createCurrency(request)).currency, currency);
    const other = await refusalOf(client.createCurrency({ ...request, minorDigits: 3 }));
    assert.equal(other.reason, "CURRENCY_EXISTS");
    assert.deepEqual((await client.getCurrency(request)).currency, currency);
  });

  test("is created once by many equal requests at a time", async () => {
    const request = { ...settings, currencyCode: newCode() };
    const all = await Promise.all(Array.from({ length: 8 }, () => client.createCurrency(request)));
    for (const { currency } of all) assert.deepEqual(currency, all[0]?.currency);
  });

  const refusals = [
    { name: "a code of ISO 4217", change: { currencyCode: "USD" }, reason: "CURRENCY_EXISTS", fields: [] },
    {
      name: "fewer digits than people see",
      change: { minorDigits: 2, ledgerScale: 1 },
      reason: "CURRENCY_INVALID",
      fields: ["ledger_scale"],
    },
    {
      name: "a worth in an unknown currency",
      change: { costBasis: worth("1", "XYZ") },
      reason: "CURRENCY_UNKNOWN",
      fields: [],
    },
    {
      name: "a worth in itself",
      change: { currencyCode: "OWN_WORTH", costBasis: worth("1", "OWN_WORTH") },
      reason: "CURRENCY_INVALID",
      fields: ["cost_basis.reference_currency"],
    },
    {
      name: "a worth from the past",
      change: { costBasis: worth("1", "USD", testNowMs - hourMs) },
      reason: "TIME_OUT_OF_RANGE",
      fields: ["cost_basis.effective_from"],
    },
    {
      name: "a worth of 0",
      change: { costBasis: worth("0") },
      reason: "REQUEST_INVALID",
      fields: ["cost_basis.value"],
    },
    {
      name: "small letters",
      change: { currencyCode: "credit" },
      reason: "REQUEST_INVALID",
      fields: ["currency_code"],
    },
  ];
  for (const { name, change, reason, fields } of refusals) {
    test(`is refused with ${name}: ${reason}`, async () => {
      const request = { ...settings, currencyCode: newCode(), ...change };
      const refused = await refusalOf(client.createCurrency(request));
      assert.deepEqual([refused.reason, refused.fields], [reason, fields]);
    });
  }

  test("has the worth of its time, which does not age, and crosses to other currencies", async () => {
    const currencyCode = newCode();
    await client.createCurrency({ ...settings, currencyCode, costBasis: worth("0.01") });
    const { currency } = await client.updateCurrency({
      currencyCode,
      configVersion: 1n,
      costBasis: worth("0.02", "EUR", testNowMs + hourMs),
    });
    assert.deepEqual(
      currency?.costBases.map(({ referenceCurrency, value }) => [referenceCurrency, value]),
      [
        ["EUR", "0.02"],
        ["USD", "0.01"],
      ],
    );
    assert.deepEqual(await rateOf(currencyCode, "USD"), ["0.01", "cost-basis"]);
    const { rate } = await client.getRate({ fromCurrency: currencyCode, toCurrency: "EUR" });
    assert.deepEqual(
      rate?.rate?.steps.map(({ provider }) => provider),
      ["cost-basis", "ecb"],
    );
    assert.equal(
      (await client.getRate({ fromCurrency: currencyCode, toCurrency: "USD" })).rate?.usableUntil,
      undefined,
    );
    exchange.clock.nowMs = testNowMs + hourMs;
    try {
      assert.deepEqual(await rateOf(currencyCode, "EUR"), ["0.02", "cost-basis"]);
      assert.deepEqual(await rateOf(currencyCode, "USD", testNowMs), ["0.01", "cost-basis"]);
    } finally {
      exchange.clock.nowMs = testNowMs;
    }
  });

  test("cannot be worth a unit that has a worth itself, whichever comes first", async () => {
    const [first, second] = [newCode(), newCode()];
    await client.createCurrency({ ...settings, currencyCode: first });
    await client.createCurrency({ ...settings, currencyCode: second, costBasis: worth("2", first) });
    const third = await refusalOf(
      client.createCurrency({ ...settings, currencyCode: newCode(), costBasis: worth("1", second) }),
    );
    assert.equal(third.reason, "CURRENCY_INVALID");
    const chained = await refusalOf(
      client.updateCurrency({ currencyCode: first, configVersion: 1n, costBasis: worth("1") }),
    );
    assert.deepEqual([chained.reason, chained.fields], ["CURRENCY_INVALID", ["cost_basis"]]);
  });

  test("without a worth converts to nothing", async () => {
    const currencyCode = newCode();
    await client.createCurrency({ ...settings, currencyCode });
    const refused = await refusalOf(client.getRate({ fromCurrency: currencyCode, toCurrency: "USD" }));
    assert.equal(refused.reason, "RATE_UNAVAILABLE");
  });
});

describe("UpdateCurrency", () => {
  test("changes what is named, and answers a repeated request with what it made", async () => {
    const request = { currencyCode: "DKK", configVersion: 1n, displayName: "Krone", symbol: "kr." };
    const { currency } = await client.updateCurrency(request);
    assert.deepEqual(
      [currency?.displayName, currency?.symbol, currency?.minorDigits, currency?.configVersion],
      ["Krone", "kr.", 2, 2n],
    );
    assert.deepEqual((await client.updateCurrency(request)).currency, currency);
    const other = await refusalOf(client.updateCurrency({ ...request, symbol: "DKr" }));
    assert.deepEqual([other.reason, other.metadata.current_version], ["VERSION_MISMATCH", "2"]);
  });

  test("changes the ledger scale only while no account has the currency", async () => {
    const currencyCode = newCode();
    await client.createCurrency({ ...settings, currencyCode });
    const { currency } = await client.updateCurrency({ currencyCode, configVersion: 1n, ledgerScale: 4 });
    assert.equal(currency?.ledgerScale, 4);
    exchange.usedCurrencies.add(currencyCode);
    const fixed = await refusalOf(client.updateCurrency({ currencyCode, configVersion: 2n, ledgerScale: 5 }));
    assert.deepEqual([fixed.reason, fixed.metadata.ledger_scale], ["CURRENCY_SCALE_FIXED", "4"]);
    await client.updateCurrency({ currencyCode, configVersion: 2n, ledgerScale: 4, symbol: "u" });
  });

  const refusals = [
    { name: "other minor digits", change: { minorDigits: 3 }, field: "minor_digits" },
    { name: "a worth", change: { costBasis: worth("1") }, field: "cost_basis" },
    { name: "a scale below the minor digits", change: { ledgerScale: 1 }, field: "ledger_scale" },
    { name: "a scale above the default", change: { ledgerScale: 9 }, field: "ledger_scale" },
  ];
  for (const { name, change, field } of refusals) {
    test(`refuses ${name} for a currency of ISO 4217`, async () => {
      const refused = await refusalOf(
        client.updateCurrency({ currencyCode: "NOK", configVersion: 1n, ...change }),
      );
      assert.deepEqual([refused.reason, refused.fields], ["CURRENCY_INVALID", [field]]);
    });
  }
});

describe("deactivation", () => {
  test("keeps the currency, its rates go on, and activation ends it", async () => {
    const request = { currencyCode: "GBP", comment: "for now" };
    const { currency } = await client.deactivateCurrency(request);
    assert.deepEqual([currency?.state, currency?.configVersion], [CurrencyState.INACTIVE, 2n]);
    assert.deepEqual((await client.deactivateCurrency(request)).currency, currency);
    assert.deepEqual(await rateOf("EUR", "GBP"), ["0.87058", "ecb"]);
    const manual = { baseCurrency: "EUR", quoteCurrency: "GBP", rate: "0.87" };
    assert.equal((await refusalOf(client.setRate(manual))).reason, "CURRENCY_INACTIVE");
    const listed = await client.listCurrencies({ state: CurrencyState.INACTIVE });
    assert.ok(listed.currencies.some(({ currencyCode }) => currencyCode === "GBP"));
    const again = await client.activateCurrency({ currencyCode: "GBP", configVersion: 2n });
    assert.deepEqual(
      [again.currency?.state, again.currency?.deactivatedAt],
      [CurrencyState.ACTIVE, undefined],
    );
  });

  test("is refused for the base currency, an unknown one, and on another version", async () => {
    const reasonOf = async (request: { currencyCode: string; configVersion?: bigint }) =>
      (await refusalOf(client.deactivateCurrency(request))).reason;
    assert.equal(await reasonOf({ currencyCode: "EUR" }), "CURRENCY_PROTECTED");
    assert.equal(await reasonOf({ currencyCode: "XYZ" }), "CURRENCY_UNKNOWN");
    assert.equal(await reasonOf({ currencyCode: "ISK", configVersion: 7n }), "VERSION_MISMATCH");
    assert.equal((await client.activateCurrency({ currencyCode: "ISK" })).currency?.configVersion, 1n);
  });
});

test("another instance sees a change, and a new one after a restart knows it", async () => {
  await using other = await startTestExchange({ redisUrl: server.url });
  const currencyCode = newCode();
  const { currency } = await client.createCurrency({ ...settings, currencyCode, costBasis: worth("0.5") });
  await eventually(async () =>
    assert.deepEqual((await other.client.getCurrency({ currencyCode })).currency, currency),
  );
  await using later = await startTestExchange({ redisUrl: server.url });
  assert.deepEqual((await later.client.getCurrency({ currencyCode })).currency, currency);
  const { rate } = await later.client.getRate({ fromCurrency: currencyCode, toCurrency: "USD" });
  assert.equal(rate?.rate?.rate, "0.5");
});

test("a token that is bound to an account changes no currency", async () => {
  const bound = await exchange.clientWith({ scopes: ["exchange.manage"], account: "acme" });
  const refused = await refusalOf(bound.createCurrency({ ...settings, currencyCode: newCode() }));
  assert.equal(refused.reason, "ACCOUNT_NOT_PERMITTED");
});

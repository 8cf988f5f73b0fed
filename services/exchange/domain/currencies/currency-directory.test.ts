import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ExchangeError } from "../exchange-error.ts";
import { CurrencyDirectory } from "./currency-directory.ts";

const currencies = new CurrencyDirectory("EUR");

describe("CurrencyDirectory", () => {
  const known = [
    { code: "EUR", numericCode: "978", minorDigits: 2, ledgerScale: 8, base: true },
    { code: "JPY", numericCode: "392", minorDigits: 0, ledgerScale: 6, base: false },
    { code: "KWD", numericCode: "414", minorDigits: 3, ledgerScale: 9, base: false },
    { code: "ISK", numericCode: "352", minorDigits: 0, ledgerScale: 6, base: false },
    { code: "XCG", numericCode: "532", minorDigits: 2, ledgerScale: 8, base: false },
  ];
  for (const { code, ...expected } of known) {
    test(`knows ${code}`, () => {
      const { numericCode, minorDigits, ledgerScale, base } = currencies.require(code);
      assert.deepEqual({ numericCode, minorDigits, ledgerScale, base }, expected);
    });
  }

  for (const code of ["XYZ", "usd", "XAU", "BGN"]) {
    test(`refuses ${code}, naming it`, () => {
      assert.throws(
        () => currencies.require(code),
        (error) =>
          error instanceof ExchangeError &&
          error.reason === "CURRENCY_UNKNOWN" &&
          error.metadata.currency_code === code,
      );
    });
  }

  test("lists every currency once, by code, each with three digits of its own", () => {
    const all = currencies.list();
    const codes = all.map(({ code }) => code);
    assert.deepEqual(codes, [...new Set(codes)].sort());
    assert.ok(all.length > 150);
    const digits = all.map(({ numericCode }) => numericCode);
    assert.deepEqual(
      digits.filter((text) => !/^[0-9]{3}$/.test(text)),
      [],
    );
    assert.equal(new Set(digits).size, all.length);
    assert.deepEqual(
      all.filter(({ base }) => base).map(({ code }) => code),
      ["EUR"],
    );
  });

  const filters: readonly [name: string, filter: Parameters<typeof currencies.list>[0], codes: string[]][] = [
    ["text in the name, in any case", { text: "japan" }, []],
    ["text in the name", { text: "YEN" }, ["JPY"]],
    ["text in the code", { text: "jpy" }, ["JPY"]],
    ["a kind", { kind: "custom" }, []],
    ["a state", { active: false }, []],
    ["several at once", { kind: "iso", active: true, text: "yen" }, ["JPY"]],
  ];
  for (const [name, filter, codes] of filters) {
    test(`filters by ${name}`, () =>
      assert.deepEqual(
        currencies.list(filter).map(({ code }) => code),
        codes,
      ));
  }

  test("needs a base currency that there is", () => {
    assert.throws(() => new CurrencyDirectory("XYZ"), ExchangeError);
  });
});

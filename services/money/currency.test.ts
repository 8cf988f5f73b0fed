import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import {
  CurrencyError,
  type CustomUnit,
  declareCustomUnit,
  findIsoCurrency,
  listIsoCurrencies,
} from "./currency.ts";

describe("ISO 4217 currencies", () => {
  const digits: readonly [code: string, minorDigits: number, ledgerScale: number][] = [
    ["USD", 2, 8],
    ["EUR", 2, 8],
    ["JPY", 0, 6],
    ["ISK", 0, 6],
    ["UGX", 0, 6],
    ["KWD", 3, 9],
    ["BHD", 3, 9],
    ["CLF", 4, 9],
    ["HUF", 2, 8],
    ["MGA", 2, 8],
    ["ZWG", 2, 8],
    ["XOF", 0, 6],
    ["XCG", 2, 8],
    ["XAD", 2, 8],
  ];
  for (const [code, minorDigits, ledgerScale] of digits) {
    it(`writes ${code} with ${minorDigits} digits and keeps ${ledgerScale}`, () => {
      const currency = findIsoCurrency(code);
      assert.equal(currency?.minorDigits, minorDigits);
      assert.equal(currency?.ledgerScale, ledgerScale);
      assert.ok(currency.name.length > 2);
    });
  }

  it("knows no withdrawn code, no unit without minor digits and no other spelling", () => {
    const unknown = [
      "ANG",
      "BGN",
      "CUC",
      "HRK",
      "DEM",
      "XAU",
      "XAG",
      "XDR",
      "XTS",
      "XXX",
      "usd",
      "US",
      "USD ",
      "",
      "toString",
    ];
    for (const code of unknown) assert.equal(findIsoCurrency(code), undefined, code);
  });

  it("agrees with the official list inside the package on minor digits, for every entry", () => {
    const folder = new URL(".", `file://${createRequire(import.meta.url).resolve("currency-codes")}`);
    const official = readFileSync(new URL("iso-4217-list-one.xml", folder), "utf8");
    const entries = [
      ...official.matchAll(/<Ccy>([A-Z]{3})<\/Ccy>\s*<CcyNbr>\d+<\/CcyNbr>\s*<CcyMnrUnts>([^<]+)</g),
    ];
    const amended = new Set(["ANG", "BGN", "CUC"]);
    const expected = new Map(
      entries.filter(([, code]) => !amended.has(code!)).map(([, code, units]) => [code!, units!]),
    );
    assert.ok(expected.size > 150, `only ${expected.size} entries read`);
    for (const [code, units] of expected) {
      assert.equal(findIsoCurrency(code)?.minorDigits, units === "N.A." ? undefined : Number(units), code);
    }
    const added = listIsoCurrencies().filter(({ code }) => !expected.has(code));
    assert.deepEqual(
      added.map(({ code }) => code),
      ["XAD", "XCG"],
    );
  });

  it("lists each code once, in order, and lets nobody change one", () => {
    const codes = listIsoCurrencies().map(({ code }) => code);
    assert.deepEqual(codes, [...new Set(codes)].sort());
    assert.ok(listIsoCurrencies().every((currency) => Object.isFrozen(currency)));
  });
});

describe("declareCustomUnit", () => {
  const credit: CustomUnit = { code: "CREDIT", name: "Credits", minorDigits: 0 };

  it("fills in the ledger scale or takes a lower one", () => {
    assert.deepEqual(declareCustomUnit(credit), { ...credit, ledgerScale: 6 });
    assert.deepEqual(declareCustomUnit({ ...credit, ledgerScale: 0 }), { ...credit, ledgerScale: 0 });
    assert.equal(declareCustomUnit({ ...credit, minorDigits: 9 }).ledgerScale, 9);
    assert.equal(declareCustomUnit({ ...credit, code: "XAU", minorDigits: 3 }).ledgerScale, 9);
  });

  const refused: readonly [change: Partial<CustomUnit>, field: string][] = [
    [{ code: "credit" }, "code"],
    [{ code: "C" }, "code"],
    [{ code: "1CREDIT" }, "code"],
    [{ code: "C".repeat(17) }, "code"],
    [{ code: "CREDIT\n" }, "code"],
    [{ code: "USD" }, "code"],
    [{ name: " " }, "name"],
    [{ name: "n".repeat(101) }, "name"],
    [{ minorDigits: -1 }, "minorDigits"],
    [{ minorDigits: 10 }, "minorDigits"],
    [{ minorDigits: 0.5 }, "minorDigits"],
    [{ ledgerScale: 7 }, "ledgerScale"],
    [{ minorDigits: 2, ledgerScale: 1 }, "ledgerScale"],
    [{ ledgerScale: 2.5 }, "ledgerScale"],
  ];
  for (const [change, field] of refused) {
    it(`refuses ${JSON.stringify(change)} and names ${field}`, () => {
      assert.throws(
        () => declareCustomUnit({ ...credit, ...change }),
        (error: unknown) => error instanceof CurrencyError && error.field === field,
      );
    });
  }
});

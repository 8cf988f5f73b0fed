import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { type AccountFigures, AccountTotals } from "./account-totals.ts";
import { type AccountPage, walkAccounts } from "./walk-accounts.ts";

function figures(change: Partial<Record<keyof AccountFigures, string>> = {}): AccountFigures {
  const amount = (text: string | undefined) => Decimal.parse(text ?? "0");
  return {
    state: (change.state ?? "active") as AccountFigures["state"],
    currencyCode: change.currencyCode ?? "USD",
    posted: amount(change.posted),
    reserved: amount(change.reserved),
    funded: amount(change.funded),
    spent: amount(change.spent),
    expired: amount(change.expired),
  };
}

/** The sums as text. */
function texts(totals: AccountTotals["totals"]) {
  return totals.map(({ currencyCode, accountCount, ...sums }) => ({
    currencyCode,
    accountCount,
    ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum.toString()])),
  }));
}

describe("totals over accounts", () => {
  test("count by state and sum by currency, debts apart from liabilities", () => {
    const sum = new AccountTotals();
    const accounts = [
      figures({ posted: "0.1", funded: "0.3", spent: "0.2", reserved: "0.05" }),
      figures({ posted: "0.2", funded: "0.2" }),
      figures({ posted: "-0.3", spent: "0.3", state: "frozen" }),
      figures({ state: "closed", funded: "7", expired: "7" }),
      figures({
        currencyCode: "EUR",
        posted: "90071992547409.930000001",
        funded: "90071992547409.930000001",
      }),
    ];
    for (const account of accounts) sum.add(account);
    assert.deepEqual(sum.counts, { total: 5, active: 3, frozen: 1, closed: 1, inDebt: 1 });
    assert.deepEqual(texts(sum.totals), [
      {
        currencyCode: "EUR",
        accountCount: 1,
        liabilities: "90071992547409.930000001",
        debts: "0",
        reserved: "0",
        funded: "90071992547409.930000001",
        spent: "0",
        expired: "0",
      },
      {
        currencyCode: "USD",
        accountCount: 4,
        liabilities: "0.3",
        debts: "-0.3",
        reserved: "0.05",
        funded: "7.5",
        spent: "0.5",
        expired: "7",
      },
    ]);
  });

  test("over no accounts are empty", () => {
    const sum = new AccountTotals();
    assert.deepEqual(sum.counts, { total: 0, active: 0, frozen: 0, closed: 0, inDebt: 0 });
    assert.deepEqual(sum.totals, []);
  });

  test("are exact for any balances: liabilities + debts = Σ posted", () => {
    const units = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
    fc.assert(
      fc.property(fc.array(units, { minLength: 1, maxLength: 50 }), (posted) => {
        const sum = new AccountTotals();
        for (const each of posted) sum.add({ ...figures(), posted: Decimal.ofUnits(each, 9) });
        const [total] = sum.totals;
        assert.ok(total);
        const expected = Decimal.ofUnits(
          posted.reduce((left, right) => left + right),
          9,
        );
        assert.ok(total.liabilities.add(total.debts).equals(expected));
        assert.ok(!total.liabilities.isNegative());
        assert.ok(total.debts.isZero() || total.debts.isNegative());
        assert.equal(sum.counts.inDebt, posted.filter((each) => each < 0n).length);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a walk over all accounts", () => {
  /** Pages of the given sizes, and the tokens that were asked for. */
  function pagesOf(...sizes: number[]) {
    const tokens: string[] = [];
    const readPage = async (pageToken: string): Promise<AccountPage> => {
      tokens.push(pageToken);
      const index = pageToken === "" ? 0 : Number(pageToken);
      const accounts = Array.from({ length: sizes[index] ?? 0 }, () => figures({ posted: "0.1" }));
      return { accounts, nextPageToken: index + 1 < sizes.length ? String(index + 1) : "" };
    };
    return { readPage, tokens };
  }
  const limits = { accounts: 10, pages: 4, durationMs: 5_000 };

  test("goes through every page, empty ones too", async () => {
    const { readPage, tokens } = pagesOf(3, 0, 4);
    const survey = await walkAccounts(readPage, limits);
    assert.ok(survey.complete);
    assert.equal(survey.counts.total, 7);
    assert.equal(survey.totals[0]?.liabilities.toString(), "0.7");
    assert.deepEqual(tokens, ["", "1", "2"]);
    assert.ok(Math.abs(Date.now() - survey.asOfMs) < 60_000);
  });

  test("takes exactly as many accounts as its bound", async () => {
    const survey = await walkAccounts(pagesOf(5, 5).readPage, limits);
    assert.ok(survey.complete);
    assert.equal(survey.counts.total, 10);
  });

  const incomplete: Array<{ name: string; sizes: number[]; bound: Partial<typeof limits>; reason: RegExp }> =
    [
      { name: "one account more", sizes: [5, 6], bound: {}, reason: /more than 10 accounts/ },
      { name: "one page more", sizes: [0, 0, 0, 0, 1], bound: {}, reason: /more than 4 pages/ },
      { name: "its time", sizes: [1, 1], bound: { durationMs: -1 }, reason: /took more than/ },
    ];
  for (const { name, sizes, bound, reason } of incomplete) {
    test(`gives no figures beyond ${name}`, async () => {
      const survey = await walkAccounts(pagesOf(...sizes).readPage, { ...limits, ...bound });
      assert.ok(!survey.complete);
      assert.match(survey.reason, reason);
    });
  }

  test("fails as a page fails", async () => {
    const broken = async () => {
      throw new Error("away");
    };
    await assert.rejects(walkAccounts(broken, limits), /away/);
  });
});

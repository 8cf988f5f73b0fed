import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import {
  type AccountSearch,
  type ListedAccount,
  type SearchPosition,
  searchAccounts,
} from "./search-accounts.ts";

function account(accountId: string, change: Partial<ListedAccount> = {}): ListedAccount {
  return {
    accountId,
    state: "active",
    currencyCode: "USD",
    available: Decimal.zero,
    reserved: Decimal.zero,
    spendable: Decimal.zero,
    labels: {},
    createdAtMs: 0,
    lastActivityAtMs: undefined,
    ...change,
  };
}

const any: AccountSearch = {
  text: "",
  currencyCode: "",
  state: undefined,
  labels: {},
  spendableAtMost: undefined,
};

/** A list that gives at most so many accounts at once, by prefix. */
function listerOf(accounts: readonly ListedAccount[], pageSize: number) {
  let calls = 0;
  const list = async ({ idPrefix }: { idPrefix: string }, asked: number, pageToken: string) => {
    calls += 1;
    const all = accounts.filter(({ accountId }) => accountId.startsWith(idPrefix));
    const from = Number(pageToken || "0");
    const to = from + Math.min(asked, pageSize);
    return { accounts: all.slice(from, to), nextPageToken: to < all.length ? String(to) : "" };
  };
  return { list, calls: () => calls };
}

async function searchAll(
  accounts: readonly ListedAccount[],
  search: Partial<AccountSearch>,
  limit = 3,
  page = 2,
) {
  const { list } = listerOf(accounts, page);
  const found: string[] = [];
  let position: SearchPosition | undefined;
  do {
    const result = await searchAccounts(list, { ...any, ...search }, limit, position);
    assert.ok(result.found.length <= limit);
    found.push(
      ...result.found.map(({ account: { accountId }, matchedField }) => `${accountId} ${matchedField}`),
    );
    position = result.next;
  } while (position !== undefined);
  return found;
}

describe("a search for accounts", () => {
  const accounts = [
    account("beta-acme"),
    account("acme-2", { labels: { plan: "pro" } }),
    account("gamma", { labels: { zone: "x", name: "ACME Corp", email: "boss@acme.example" } }),
    account("acme-1"),
    account("delta", { spendable: Decimal.parse("-2") }),
  ];

  test("finds a part of an id or of a label's value in any case; ids that begin with it come first", async () => {
    assert.deepEqual(await searchAll(accounts, { text: "acme" }), [
      "acme-2 account_id",
      "acme-1 account_id",
      "beta-acme account_id",
      "gamma labels.email",
    ]);
    assert.deepEqual(await searchAll(accounts, { text: "ACME corp" }), ["gamma labels.name"]);
  });

  test("without a text gives every account, once", async () => {
    assert.equal((await searchAll(accounts, {})).length, accounts.length);
  });

  test("keeps to those that can spend at most so much", async () => {
    assert.deepEqual(await searchAll(accounts, { spendableAtMost: Decimal.parse("-2") }), ["delta "]);
  });

  test("reads a bounded number of accounts, and goes on from there", async () => {
    const many = Array.from({ length: 30 }, (_, index) => account(`a${index}`));
    const { list, calls } = listerOf(many, 1);
    const { found, next } = await searchAccounts(list, { ...any, text: "zz" }, 5, undefined);
    assert.deepEqual([found.length, calls()], [0, 10]);
    assert.ok(next);
  });

  test("passes over nobody and shows nobody twice, whatever the sizes, also when accounts are added", async () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[ab]{1,6}$/), { maxLength: 25 });
    const sizes = fc.integer({ min: 1, max: 7 });
    await fc.assert(
      fc.asyncProperty(
        ids,
        ids,
        fc.stringMatching(/^[ab]{0,2}$/),
        sizes,
        sizes,
        async (old, added, text, limit, page) => {
          const accounts = old.map((id) => account(id));
          const found: string[] = [];
          let position: SearchPosition | undefined;
          do {
            const { list } = listerOf(accounts, page);
            const result = await searchAccounts(list, { ...any, text }, limit, position);
            found.push(...result.found.map((each) => each.account.accountId));
            position = result.next;
            const extra = added.pop();
            if (extra !== undefined && !accounts.some(({ accountId }) => accountId === extra))
              accounts.push(account(extra));
          } while (position !== undefined);
          const expected = old.filter((id) => id.includes(text));
          assert.ok(expected.every((id) => found.includes(id)));
          assert.equal(new Set(found).size, found.length);
        },
      ),
      { numRuns: 200 },
    );
  });
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import { amount } from "../requests.ts";
import { reasonOf } from "../running-core.ts";
import { shareCore } from "../shared-core.ts";

const { client } = await shareCore();

describe("an account", () => {
  test("is created once; the same settings again answer with it, others are refused", async () => {
    const accountId = `account-${randomUUID()}`;
    const first = await client.createAccount({ accountId, currencyCode: "JPY", labels: { team: "a" } });
    assert.deepEqual([first.account?.ledgerScale, first.idempotentReplay], [6, false]);
    const again = await client.createAccount({ accountId, currencyCode: "JPY", labels: { team: "a" } });
    assert.equal(again.idempotentReplay, true);
    assert.equal(await reasonOf(client.createAccount({ accountId, currencyCode: "USD" })), "ACCOUNT_EXISTS");
  });

  test("needs a currency that exists and settings in it", async () => {
    const accountId = `account-${randomUUID()}`;
    assert.equal(
      await reasonOf(client.createAccount({ accountId, currencyCode: "XQX" })),
      "CURRENCY_UNKNOWN",
    );
    assert.equal(
      await reasonOf(
        client.createAccount({
          accountId,
          currencyCode: "USD",
          creditLimit: { currencyCode: "EUR", amount: "1" },
        }),
      ),
      "CURRENCY_MISMATCH",
    );
    assert.equal(
      await reasonOf(
        client.createAccount({
          accountId,
          currencyCode: "USD",
          creditLimit: { currencyCode: "USD", amount: "-1" },
        }),
      ),
      "AMOUNT_INVALID",
    );
    assert.equal(await reasonOf(client.getAccount({ accountId })), "ACCOUNT_NOT_FOUND");
  });

  test("is found in the list by its prefix, page by page, each once", async () => {
    const prefix = `list-${randomUUID()}-`;
    const created = Array.from({ length: 23 }, (_, index) => `${prefix}${index}`);
    await Promise.all(
      created.map((accountId, index) =>
        client.createAccount({ accountId, currencyCode: index % 2 ? "USD" : "EUR" }),
      ),
    );
    const found: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listAccounts({ accountIdPrefix: prefix, pageSize: 5, pageToken });
      found.push(...page.accounts.map(({ account }) => account?.accountId ?? ""));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.deepEqual(found.sort(), created.sort());
    const euros = await client.listAccounts({
      accountIdPrefix: prefix,
      currencyCode: "EUR",
      pageSize: 1_000,
    });
    assert.equal(euros.accounts.length, 12);
  });

  test("a page token is refused with other filters", async () => {
    const prefix = `token-${randomUUID()}-`;
    await Promise.all(
      ["a", "b"].map((name) => client.createAccount({ accountId: prefix + name, currencyCode: "USD" })),
    );
    const { nextPageToken } = await client.listAccounts({ accountIdPrefix: prefix, pageSize: 1 });
    assert.equal(
      await reasonOf(client.listAccounts({ accountIdPrefix: "other", pageToken: nextPageToken })),
      "PAGE_TOKEN_INVALID",
    );
  });

  test("changes its settings by version, freezes for reasons, and closes when it is empty", async () => {
    const accountId = `account-${randomUUID()}`;
    await client.createAccount({ accountId, currencyCode: "USD", labels: { team: "a", tier: "1" } });
    const { account: updated } = await client.updateAccount({
      accountId,
      configVersion: 1n,
      creditLimit: { currencyCode: "USD", amount: "2.50" },
      setLabels: { team: "b" },
      removeLabels: ["tier"],
      lowBalanceThresholds: { thresholds: [{ level: { case: "amount", value: "1.50" } }] },
    });
    assert.deepEqual(
      [updated?.configVersion, updated?.creditLimit?.amount, updated?.labels],
      [2n, "2.5", { team: "b" }],
    );
    const refused = client.updateAccount({ accountId, configVersion: 1n, priceBook: "vip" });
    assert.equal(await reasonOf(refused), "VERSION_MISMATCH");
    const inYen = { accountId, configVersion: 2n, creditLimit: { currencyCode: "JPY", amount: "1" } };
    assert.equal(await reasonOf(client.updateAccount(inYen)), "CURRENCY_MISMATCH");

    await client.freezeAccount({ accountId, freezeReason: "operator", comment: "looks odd" });
    const { account: frozen } = await client.freezeAccount({ accountId, freezeReason: "dispute:dp_1" });
    assert.deepEqual(frozen?.freezeReasons, ["operator", "dispute:dp_1"]);
    const charge = { accountId, price: amount("1"), idempotencyKey: "c" };
    assert.equal(await reasonOf(client.charge(charge)), "ACCOUNT_FROZEN");
    await client.unfreezeAccount({ accountId, freezeReason: "operator" });
    const { account: thawed } = await client.unfreezeAccount({ accountId, freezeReason: "dispute:dp_1" });
    assert.equal(thawed?.state, AccountState.ACTIVE);

    await client.charge(charge);
    assert.equal(await reasonOf(client.closeAccount({ accountId })), "ACCOUNT_NOT_EMPTY");
    await client.credit({
      accountId,
      amount: { currencyCode: "USD", amount: "1" },
      source: "admin",
      idempotencyKey: "f",
    });
    const { account: closed } = await client.closeAccount({ accountId, configVersion: 2n, comment: "left" });
    assert.equal(closed?.state, AccountState.CLOSED);
    const { balance, accountState } = await client.getBalance({ accountId });
    assert.deepEqual([balance?.sequence, accountState], [9n, AccountState.CLOSED]);
  });
});

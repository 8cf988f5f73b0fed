import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import { amount, openFundedAccount } from "../requests.ts";
import { reasonOf } from "../running-core.ts";
import { shareCore } from "../shared-core.ts";

const { client } = await shareCore();

describe("a credit", () => {
  test("with a repeated reference answers as the first time, with another amount is refused", async () => {
    const accountId = await openFundedAccount(client);
    const credit = (value: string, idempotencyKey: string) =>
      client.credit({
        accountId,
        amount: { currencyCode: "USD", amount: value },
        source: "stripe",
        externalReference: "pi_1",
        idempotencyKey,
      });
    const first = await credit("5", "a");
    const again = await credit("5.00", "b");
    assert.equal(again.transaction?.transactionId, first.transaction?.transactionId);
    assert.equal(again.balance?.available?.amount, "15");
    assert.equal(await reasonOf(credit("6", "c")), "REFERENCE_REUSED");
  });

  test("with a priority or an end is a grant, which burns in its turn; an end in the past is refused", async () => {
    const accountId = await openFundedAccount(client);
    const grant = (more: { priority?: number; expiresAt?: { seconds: bigint } }, idempotencyKey: string) =>
      client.credit({
        accountId,
        amount: { currencyCode: "USD", amount: "1" },
        source: "promo",
        kind: CreditKind.PROMOTIONAL,
        idempotencyKey,
        ...more,
      });
    const nowSeconds = BigInt(Math.floor(Date.now() / 1_000));
    const { transaction } = await grant({ priority: 1 }, "first");
    await grant({ expiresAt: { seconds: nowSeconds + 3_600n } }, "next");
    assert.equal(
      await reasonOf(grant({ expiresAt: { seconds: nowSeconds - 5n } }, "past")),
      "TIME_OUT_OF_RANGE",
    );
    const charged = await client.charge({ accountId, price: amount("1"), idempotencyKey: "k" });
    const [leg] = charged.transaction?.legs ?? [];
    assert.deepEqual([leg?.grantId, leg?.kind], [transaction?.transactionId, CreditKind.PROMOTIONAL]);
  });

  test("too small to be an atom of the account is AMOUNT_BECOMES_ZERO", async () => {
    const accountId = await openFundedAccount(client, "EUR");
    const tiny = client.credit({
      accountId,
      amount: { currencyCode: "USD", amount: "0.000000001" },
      source: "admin",
      idempotencyKey: "t",
    });
    assert.equal(await reasonOf(tiny), "AMOUNT_BECOMES_ZERO");
  });
});

describe("corrections", () => {
  test("a refund in the source currency gives back at the recorded rate; the whole gives back what was taken", async () => {
    const accountId = await openFundedAccount(client, "EUR");
    const charged = await client.charge({ accountId, price: amount("0.00000007"), idempotencyKey: "k" });
    assert.equal(charged.transaction?.amount?.amount, "-0.00000006");
    const transactionId = charged.transaction?.transactionId ?? "";
    const refund = (value: string, currencyCode: string, idempotencyKey: string) =>
      client.refund({
        transactionId,
        amount: { currencyCode, amount: value },
        reason: "late",
        idempotencyKey,
      });
    assert.equal(await reasonOf(refund("1", "JPY", "a")), "CURRENCY_MISMATCH");
    assert.equal((await refund("0.00000003", "USD", "p")).transaction?.amount?.amount, "0.00000002");
    assert.equal(await reasonOf(refund("0.00000007", "USD", "b")), "REFUND_EXCEEDS_CHARGE");
    await client.refund({ transactionId, reason: "rest", idempotencyKey: "r" });
    const another = await client.charge({ accountId, price: amount("0.00000007"), idempotencyKey: "k2" });
    const whole = await client.refund({
      transactionId: another.transaction?.transactionId ?? "",
      amount: { currencyCode: "USD", amount: "0.00000007" },
      reason: "late",
      idempotencyKey: "w",
    });
    assert.equal(whole.transaction?.amount?.amount, "0.00000006");
    assert.equal((await client.getBalance({ accountId })).balance?.available?.amount, "10");
  });

  test("adjusting and reversing take amounts of the account's currency and tell their reason", async () => {
    const accountId = await openFundedAccount(client);
    const money = { currencyCode: "USD", amount: "-2.5" };
    const adjusted = await client.adjustBalance({
      accountId,
      amount: money,
      reason: "test",
      idempotencyKey: "a",
    });
    assert.deepEqual(
      [adjusted.transaction?.description, adjusted.transaction?.legs.map(({ column }) => column)],
      ["test", ["external:adjustment", "available"]],
    );
    await client.credit({
      accountId,
      amount: { currencyCode: "USD", amount: "5" },
      source: "stripe",
      externalReference: "pi_9",
      idempotencyKey: "c",
    });
    const reverse = (currencyCode: string, revision: bigint, idempotencyKey: string) =>
      client.reverseCredit({
        accountId,
        source: "stripe",
        externalReference: "pi_9",
        reversedTotal: { currencyCode, amount: "5" },
        revision,
        reason: "dispute",
        idempotencyKey,
      });
    assert.equal(await reasonOf(reverse("EUR", 1n, "x")), "CURRENCY_MISMATCH");
    assert.equal((await reverse("USD", 2n, "y")).transaction?.amount?.amount, "-5");
    const older = await reverse("USD", 1n, "z");
    assert.deepEqual([older.superseded, older.transaction], [true, undefined]);
    assert.equal(older.balance?.available?.amount, "7.5");
  });
});

test("the balance is shown in other currencies, or why not", async () => {
  const accountId = await openFundedAccount(client, "EUR", "10.01");
  const { converted } = await client.getBalance({ accountId, displayCurrencies: ["USD", "JPY"] });
  assert.deepEqual(
    converted.map(({ available, unavailableReason }) => available?.amount ?? unavailableReason),
    ["12.51", "RATE_UNAVAILABLE"],
  );
});

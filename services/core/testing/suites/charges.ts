import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { amount, openFundedAccount, tokens } from "../requests.ts";
import { reasonOf } from "../running-core.ts";
import { shareCore } from "../shared-core.ts";

const { core, client } = await shareCore();

describe("a charge", () => {
  test("by amount needs no Pricing and is exact to the last digit", async () => {
    const accountId = await openFundedAccount(client);
    core.script.pricingDown = true;
    try {
      const { balance, transaction } = await client.charge({
        accountId,
        price: amount("0.00000001"),
        idempotencyKey: "k",
      });
      assert.equal(balance?.available?.amount, "9.99999999");
      assert.equal(transaction?.amount?.amount, "-0.00000001");
    } finally {
      core.script.pricingDown = false;
    }
  });

  test("with more digits than the ledger keeps, negative, or zero is AMOUNT_INVALID", async () => {
    const accountId = await openFundedAccount(client);
    for (const wrong of ["0.000000001", "-1", "0", "0.00"]) {
      assert.equal(
        await reasonOf(client.charge({ accountId, price: amount(wrong), idempotencyKey: "k" })),
        "AMOUNT_INVALID",
        wrong,
      );
    }
  });

  test("in another currency is converted exactly, rounded up once, and says how", async () => {
    const accountId = await openFundedAccount(client, "EUR");
    const { derivation, balance } = await client.charge({
      accountId,
      price: amount("0.00000001"),
      idempotencyKey: "k",
    });
    assert.equal(derivation?.sourceAmount?.currencyCode, "USD");
    assert.equal(derivation?.exactAmount, "0.000000008");
    assert.equal(derivation?.amount?.amount, "0.00000001");
    assert.equal(derivation?.rate?.steps[0]?.publishedRate, "1.25");
    assert.equal(balance?.available?.amount, "9.99999999");
  });

  test("by usage that costs nothing is journaled", async () => {
    const accountId = await openFundedAccount(client);
    const { transaction, balance } = await client.charge({
      accountId,
      price: tokens("0"),
      idempotencyKey: "k",
    });
    assert.equal(transaction?.amount?.amount, "0");
    assert.equal(balance?.sequence, 3n);
  });

  test("that repeats its key replays the first answer, also when the price is gone by then", async () => {
    const accountId = await openFundedAccount(client);
    const request = { accountId, price: tokens("1000"), idempotencyKey: "k", description: "one" };
    const first = await client.charge(request);
    await client.charge({ accountId, price: amount("1"), idempotencyKey: "another" });
    core.script.pricingDown = true;
    try {
      const again = await client.charge({ ...request, price: tokens("1000.000") });
      assert.deepEqual({ ...again, idempotentReplay: false }, first);
      assert.equal(again.idempotentReplay, true);
      assert.equal(
        await reasonOf(client.charge({ ...request, price: tokens("1001") })),
        "IDEMPOTENCY_KEY_REUSED",
      );
    } finally {
      core.script.pricingDown = false;
    }
  });

  const refusals: Array<
    [what: string, price: ReturnType<typeof tokens> | ReturnType<typeof amount>, reason: string]
  > = [
    ["an unknown price", tokens("1", "test/unknown"), "PRICE_NOT_FOUND"],
    ["a currency without a rate", amount("1", "JPY"), "RATE_UNAVAILABLE"],
    ["more than there is", amount("10.00000001"), "INSUFFICIENT_FUNDS"],
    ["more than a ledger holds", amount("92233720369"), "AMOUNT_OVERFLOW"],
  ];
  for (const [what, price, reason] of refusals) {
    test(`for ${what} is ${reason} and changes nothing`, async () => {
      const accountId = await openFundedAccount(client);
      assert.equal(await reasonOf(client.charge({ accountId, price, idempotencyKey: "k" })), reason);
      const { balance } = await client.getBalance({ accountId });
      assert.deepEqual([balance?.available?.amount, balance?.sequence], ["10", 2n]);
    });
  }

  test("for usage of three days ago is TIME_OUT_OF_RANGE", async () => {
    const accountId = await openFundedAccount(client);
    const at = { seconds: BigInt(Math.floor(Date.now() / 1_000) - 3 * 86_400) };
    const price = {
      case: "usage" as const,
      value: { usages: [{ priceId: "test/model", quantities: { tokens: "1" }, at }] },
    };
    assert.equal(
      await reasonOf(client.charge({ accountId, price, idempotencyKey: "k" })),
      "TIME_OUT_OF_RANGE",
    );
  });
});

test("fifty charges with one key at once have one effect", async () => {
  const accountId = await openFundedAccount(client);
  const results = await Promise.all(
    Array.from({ length: 50 }, () =>
      client.charge({ accountId, price: tokens("1000000"), idempotencyKey: "k" }),
    ),
  );
  assert.equal(results.filter(({ idempotentReplay }) => !idempotentReplay).length, 1);
  assert.equal((await client.getBalance({ accountId })).balance?.available?.amount, "9");
});

test("concurrent usage is priced in fewer calls than lines, and all of it is exact", async () => {
  const accountId = await openFundedAccount(client);
  const before = core.script.pricedLines;
  await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      client.charge({ accountId, price: tokens("1"), idempotencyKey: `k${index}` }),
    ),
  );
  assert.equal(core.script.pricedLines - before, 100);
  assert.equal((await client.getBalance({ accountId })).balance?.spent?.amount, "0.0001");
});

describe("a batch of charges", () => {
  test("gives each line its result; usage is priced together, and a line repeats a single charge", async () => {
    const accountId = await openFundedAccount(client);
    const single = { accountId, price: amount("1"), idempotencyKey: "single" };
    await client.charge(single);
    const pricedBefore = core.script.pricedLines;
    const { results } = await client.chargeBatch({
      charges: [
        { accountId, price: tokens("1000000"), idempotencyKey: "usage" },
        single,
        { accountId, price: amount("100"), idempotencyKey: "too-much" },
        { accountId, price: tokens("1", "test/unknown"), idempotencyKey: "unpriced" },
      ],
    });
    const facts = results.map(({ result }) =>
      result.case === "charged"
        ? [result.value.transaction?.amount?.amount, result.value.idempotentReplay]
        : [result.case, result.value?.reason],
    );
    const usagePrice = `-${Number(core.script.prices.at(-1)?.perToken) * 1_000_000}`;
    assert.deepEqual(facts, [
      [usagePrice, false],
      ["-1", true],
      ["error", "INSUFFICIENT_FUNDS"],
      ["error", "PRICE_NOT_FOUND"],
    ]);
    assert.equal(core.script.pricedLines - pricedBefore, 2);
  });

  test("is refused whole to a token of one account if any line names another", async () => {
    const [own, other] = [await openFundedAccount(client), await openFundedAccount(client)];
    const bound = await core.client({ scopes: ["core.charge"], account: own });
    const charge = (accountId: string) => ({ accountId, price: amount("1"), idempotencyKey: "k" });
    const mixed = bound.chargeBatch({ charges: [charge(own), charge(other)] });
    assert.equal(await reasonOf(mixed), "ACCOUNT_NOT_PERMITTED");
    const { results } = await bound.chargeBatch({ charges: [charge(own)] });
    assert.equal(results[0]?.result.case, "charged");
    assert.equal(results[0]?.result.case === "charged" && results[0].result.value.idempotentReplay, false);
  });
});

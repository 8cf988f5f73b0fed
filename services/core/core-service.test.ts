import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { Overage, ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { DerivationCheck } from "#gen/billing/core/v1/transaction_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { type ServiceProcess, startServiceProcess } from "#platform/testing/service-process.ts";
import { newPeerScript, startFakePeers } from "./testing/fake-peers.ts";

const script = newPeerScript();

let server: TestRedis;
let redis: Redis;
let peers: Awaited<ReturnType<typeof startFakePeers>>;
let core: ServiceProcess;
let baseUrl: string;
let client: Client<typeof BillingCoreService>;

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
  peers = await startFakePeers(redis, script);
  core = startServiceProcess("core", {
    JWT_SECRET: testSecret,
    CORE_PORT: "0",
    REDIS_URL: server.url,
    ...peers.environment,
  });
  baseUrl = `http://127.0.0.1:${await core.port()}`;
  client = await clientWith({ scopes: ["core.read", "core.charge", "core.fund", "core.manage"] });
});

after(async () => {
  await core?.stop();
  await peers?.stop();
  await redis?.close();
  await server?.stop();
});

async function clientWith(
  claims: Parameters<typeof testToken>[0],
): Promise<Client<typeof BillingCoreService>> {
  const token = await testToken(claims);
  const transport = createGrpcTransport({
    baseUrl,
    interceptors: [
      (next) => (request) => {
        request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return createClient(BillingCoreService, transport);
}

/** A new account with money in it. */
async function fundedAccount(currencyCode = "USD", amount = "10"): Promise<string> {
  const accountId = `account-${randomUUID()}`;
  await client.createAccount({ accountId, currencyCode });
  await client.credit({
    accountId,
    amount: { currencyCode, amount },
    source: "admin",
    idempotencyKey: "fund",
  });
  return accountId;
}

const amount = (value: string, currencyCode = "USD") => ({
  case: "amount" as const,
  value: { money: { currencyCode, amount: value } },
});
const tokens = (count: string, priceId = "test/model") => ({
  case: "usage" as const,
  value: { usages: [{ priceId, quantities: { tokens: count } }] },
});

async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (error) {
    return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason ?? String(error);
  }
}

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

describe("a charge", () => {
  test("by amount needs no Pricing and is exact to the last digit", async () => {
    const accountId = await fundedAccount();
    script.pricingDown = true;
    try {
      const { balance, transaction } = await client.charge({
        accountId,
        price: amount("0.00000001"),
        idempotencyKey: "k",
      });
      assert.equal(balance?.available?.amount, "9.99999999");
      assert.equal(transaction?.amount?.amount, "-0.00000001");
    } finally {
      script.pricingDown = false;
    }
  });

  test("with more digits than the ledger keeps, negative, or zero is AMOUNT_INVALID", async () => {
    const accountId = await fundedAccount();
    for (const wrong of ["0.000000001", "-1", "0", "0.00"]) {
      assert.equal(
        await reasonOf(client.charge({ accountId, price: amount(wrong), idempotencyKey: "k" })),
        "AMOUNT_INVALID",
        wrong,
      );
    }
  });

  test("in another currency is converted exactly, rounded up once, and says how", async () => {
    const accountId = await fundedAccount("EUR");
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
    const accountId = await fundedAccount();
    const { transaction, balance } = await client.charge({
      accountId,
      price: tokens("0"),
      idempotencyKey: "k",
    });
    assert.equal(transaction?.amount?.amount, "0");
    assert.equal(balance?.sequence, 3n);
  });

  test("that repeats its key replays the first answer, also when the price is gone by then", async () => {
    const accountId = await fundedAccount();
    const request = { accountId, price: tokens("1000"), idempotencyKey: "k", description: "one" };
    const first = await client.charge(request);
    await client.charge({ accountId, price: amount("1"), idempotencyKey: "another" });
    script.pricingDown = true;
    try {
      const again = await client.charge({ ...request, price: tokens("1000.000") });
      assert.deepEqual({ ...again, idempotentReplay: false }, first);
      assert.equal(again.idempotentReplay, true);
      assert.equal(
        await reasonOf(client.charge({ ...request, price: tokens("1001") })),
        "IDEMPOTENCY_KEY_REUSED",
      );
    } finally {
      script.pricingDown = false;
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
      const accountId = await fundedAccount();
      assert.equal(await reasonOf(client.charge({ accountId, price, idempotencyKey: "k" })), reason);
      const { balance } = await client.getBalance({ accountId });
      assert.deepEqual([balance?.available?.amount, balance?.sequence], ["10", 2n]);
    });
  }

  test("for usage of three days ago is TIME_OUT_OF_RANGE", async () => {
    const accountId = await fundedAccount();
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

describe("a hold by usage", () => {
  test("settles at the version and rate of its making, whatever changed since", async () => {
    const accountId = await fundedAccount("EUR");
    const { reservation } = await client.reserve({
      accountId,
      price: tokens("2000000"),
      idempotencyKey: "r",
    });
    assert.equal(reservation?.remaining?.amount, "1.6");
    assert.equal(reservation?.lockedPrices[0]?.priceVersion, "v1");
    script.prices.push({ version: "v2", perToken: "0.5" });
    script.rate = "2.5";
    try {
      const settled = await client.commit({
        reservationId: reservation?.reservationId ?? "",
        price: tokens("1000000"),
        idempotencyKey: "c",
      });
      assert.equal(settled.reservation?.captured?.amount, "0.8");
      assert.equal(settled.balance?.available?.amount, "9.2");
      const { transaction } = await client.getTransaction({
        transactionId: settled.transaction?.transactionId ?? "",
      });
      assert.equal(transaction?.derivationCheck, DerivationCheck.MATCHES);
      assert.equal(transaction?.derivation?.pricedUsages[0]?.lineItems[0]?.amount, "1");
    } finally {
      script.prices.pop();
      script.rate = "1.25";
    }
  });

  test("settles only prices that it fixed", async () => {
    const accountId = await fundedAccount();
    const { reservation } = await client.reserve({ accountId, price: tokens("10"), idempotencyKey: "r" });
    const commit = client.commit({
      reservationId: reservation?.reservationId ?? "",
      price: tokens("1", "test/other"),
      idempotencyKey: "c",
    });
    assert.equal(await reasonOf(commit), "PRICE_NOT_LOCKED");
  });

  test("is untouched when Pricing is down at its settling, and settles later with the same key", async () => {
    const accountId = await fundedAccount();
    const { reservation } = await client.reserve({
      accountId,
      price: tokens("1000000"),
      idempotencyKey: "r",
    });
    const reservationId = reservation?.reservationId ?? "";
    const commit = () => client.commit({ reservationId, price: tokens("500000"), idempotencyKey: "c" });
    script.pricingDown = true;
    try {
      assert.equal(await reasonOf(commit()), "PEER_UNAVAILABLE");
      const held = await client.getReservation({ reservationId });
      assert.deepEqual(
        [held.reservation?.state, held.reservation?.remaining?.amount],
        [ReservationState.HELD, "1"],
      );
    } finally {
      script.pricingDown = false;
    }
    assert.equal((await commit()).reservation?.captured?.amount, "0.5");
  });

  test("can be settled by amount, more than held, as the overage rule says", async () => {
    const cases: Array<
      [overage: Overage, reason: string, captured: string, uncollected: string, available: string]
    > = [
      [Overage.REJECT, "INSUFFICIENT_FUNDS", "0", "", "9"],
      [Overage.CAP, "OK", "10", "2", "0"],
      [Overage.DEBT, "OK", "12", "0", "-2"],
    ];
    for (const [overage, reason, captured, uncollected, available] of cases) {
      const accountId = await fundedAccount();
      const { reservation } = await client.reserve({
        accountId,
        price: tokens("1000000"),
        idempotencyKey: "r",
      });
      const reservationId = reservation?.reservationId ?? "";
      const commit = client.commit({ reservationId, price: amount("12"), overage, idempotencyKey: "c" });
      assert.equal(await reasonOf(commit), reason);
      const held = await client.getReservation({ reservationId });
      const { balance } = await client.getBalance({ accountId });
      assert.deepEqual(
        [held.reservation?.captured?.amount, balance?.available?.amount],
        [captured, available],
        `overage ${overage}`,
      );
      if (reason === "OK") assert.equal((await commit).uncollected?.amount, uncollected);
    }
  });
});

describe("corrections", () => {
  test("a refund in the source currency gives back at the recorded rate; the whole gives back what was taken", async () => {
    const accountId = await fundedAccount("EUR");
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
    const accountId = await fundedAccount();
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

  test("a hold in another currency is extended at the rate that it has fixed", async () => {
    const accountId = await fundedAccount("EUR");
    const { reservation } = await client.reserve({ accountId, price: amount("1"), idempotencyKey: "r" });
    const reservationId = reservation?.reservationId ?? "";
    script.rate = "2.5";
    try {
      const remaining = { currencyCode: "USD", amount: "2" };
      const extended = await client.extendReservation({ reservationId, remaining, idempotencyKey: "e" });
      assert.equal(extended.reservation?.remaining?.amount, "1.6");
    } finally {
      script.rate = "1.25";
    }
    assert.equal(
      await reasonOf(client.extendReservation({ reservationId, idempotencyKey: "n" })),
      "REQUEST_INVALID",
    );
  });
});

test("an extension in another currency is repeated also when Exchange is down by then", async () => {
  const accountId = await fundedAccount("EUR");
  const price = amount("1", "EUR");
  const { reservation } = await client.reserve({ accountId, price, idempotencyKey: "r" });
  const remaining = { currencyCode: "USD", amount: "2" };
  const request = { reservationId: reservation!.reservationId, remaining, idempotencyKey: "e" };
  const first = await client.extendReservation(request);
  script.exchangeDown = true;
  try {
    assert.deepEqual(await client.extendReservation(request), { ...first, idempotentReplay: true });
    const other = client.extendReservation({ ...request, idempotencyKey: "f" });
    assert.equal(await reasonOf(other), "PEER_UNAVAILABLE");
  } finally {
    script.exchangeDown = false;
  }
});

describe("a hold by amount", () => {
  test("is released whole, and again", async () => {
    const accountId = await fundedAccount();
    const { reservation } = await client.reserve({ accountId, price: amount("3"), idempotencyKey: "r" });
    const reservationId = reservation?.reservationId ?? "";
    const released = await client.release({ reservationId, idempotencyKey: "x" });
    assert.equal(released.balance?.available?.amount, "10");
    assert.equal(await reasonOf(client.release({ reservationId, idempotencyKey: "y" })), "OK");
    assert.equal(
      await reasonOf(client.commit({ reservationId, price: amount("1"), idempotencyKey: "c" })),
      "RESERVATION_ALREADY_RELEASED",
    );
  });

  test("is not there for another account's token, nor under a forged id", async () => {
    const accountId = await fundedAccount();
    const { reservation } = await client.reserve({ accountId, price: amount("3"), idempotencyKey: "r" });
    const foreign = await clientWith({ scopes: ["core.charge"], account: "somebody-else" });
    for (const reservationId of [
      reservation?.reservationId ?? "",
      "rsv_1_1_AAAA",
      "garbage",
      "rsv_zzzzzzzzzzz_zzzz_zzzz",
    ]) {
      assert.equal(
        await reasonOf(foreign.release({ reservationId, idempotencyKey: "x" })),
        "RESERVATION_NOT_FOUND",
        reservationId,
      );
    }
  });
});

describe("a credit", () => {
  test("with a repeated reference answers as the first time, with another amount is refused", async () => {
    const accountId = await fundedAccount();
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
    const accountId = await fundedAccount();
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
    const accountId = await fundedAccount("EUR");
    const tiny = client.credit({
      accountId,
      amount: { currencyCode: "USD", amount: "0.000000001" },
      source: "admin",
      idempotencyKey: "t",
    });
    assert.equal(await reasonOf(tiny), "AMOUNT_BECOMES_ZERO");
  });
});

test("the balance is shown in other currencies, or why not", async () => {
  const accountId = await fundedAccount("EUR", "10.01");
  const { converted } = await client.getBalance({ accountId, displayCurrencies: ["USD", "JPY"] });
  assert.deepEqual(
    converted.map(({ available, unavailableReason }) => available?.amount ?? unavailableReason),
    ["12.51", "RATE_UNAVAILABLE"],
  );
});

test("fifty charges with one key at once have one effect", async () => {
  const accountId = await fundedAccount();
  const results = await Promise.all(
    Array.from({ length: 50 }, () =>
      client.charge({ accountId, price: tokens("1000000"), idempotencyKey: "k" }),
    ),
  );
  assert.equal(results.filter(({ idempotentReplay }) => !idempotentReplay).length, 1);
  assert.equal((await client.getBalance({ accountId })).balance?.available?.amount, "9");
});

test("concurrent usage is priced in fewer calls than lines, and all of it is exact", async () => {
  const accountId = await fundedAccount();
  const before = script.pricedLines;
  await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      client.charge({ accountId, price: tokens("1"), idempotencyKey: `k${index}` }),
    ),
  );
  assert.equal(script.pricedLines - before, 100);
  assert.equal((await client.getBalance({ accountId })).balance?.spent?.amount, "0.0001");
});

describe("a batch of charges", () => {
  test("gives each line its result; usage is priced together, and a line repeats a single charge", async () => {
    const accountId = await fundedAccount();
    const single = { accountId, price: amount("1"), idempotencyKey: "single" };
    await client.charge(single);
    const pricedBefore = script.pricedLines;
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
    const usagePrice = `-${Number(script.prices.at(-1)?.perToken) * 1_000_000}`;
    assert.deepEqual(facts, [
      [usagePrice, false],
      ["-1", true],
      ["error", "INSUFFICIENT_FUNDS"],
      ["error", "PRICE_NOT_FOUND"],
    ]);
    assert.equal(script.pricedLines - pricedBefore, 2);
  });

  test("is refused whole to a token of one account if any line names another", async () => {
    const [own, other] = [await fundedAccount(), await fundedAccount()];
    const bound = await clientWith({ scopes: ["core.charge"], account: own });
    const charge = (accountId: string) => ({ accountId, price: amount("1"), idempotencyKey: "k" });
    const mixed = bound.chargeBatch({ charges: [charge(own), charge(other)] });
    assert.equal(await reasonOf(mixed), "ACCOUNT_NOT_PERMITTED");
    const { results } = await bound.chargeBatch({ charges: [charge(own)] });
    assert.equal(results[0]?.result.case, "charged");
    assert.equal(results[0]?.result.case === "charged" && results[0].result.value.idempotentReplay, false);
  });
});

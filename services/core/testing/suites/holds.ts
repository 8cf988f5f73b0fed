import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Overage, ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { DerivationCheck } from "#gen/billing/core/v1/transaction_pb.ts";
import { amount, openFundedAccount, tokens } from "../requests.ts";
import { reasonOf } from "../running-core.ts";
import { shareCore } from "../shared-core.ts";

const { core, client } = await shareCore();

describe("a hold by usage", () => {
  test("settles at the version and rate of its making, whatever changed since", async () => {
    const accountId = await openFundedAccount(client, "EUR");
    const { reservation } = await client.reserve({
      accountId,
      price: tokens("2000000"),
      idempotencyKey: "r",
    });
    assert.equal(reservation?.remaining?.amount, "1.6");
    assert.equal(reservation?.lockedPrices[0]?.priceVersion, "v1");
    core.script.prices.push({ version: "v2", perToken: "0.5" });
    core.script.rate = "2.5";
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
      core.script.prices.pop();
      core.script.rate = "1.25";
    }
  });

  test("settles only prices that it fixed", async () => {
    const accountId = await openFundedAccount(client);
    const { reservation } = await client.reserve({ accountId, price: tokens("10"), idempotencyKey: "r" });
    const commit = client.commit({
      reservationId: reservation?.reservationId ?? "",
      price: tokens("1", "test/other"),
      idempotencyKey: "c",
    });
    assert.equal(await reasonOf(commit), "PRICE_NOT_LOCKED");
  });

  test("is untouched when Pricing is down at its settling, and settles later with the same key", async () => {
    const accountId = await openFundedAccount(client);
    const { reservation } = await client.reserve({
      accountId,
      price: tokens("1000000"),
      idempotencyKey: "r",
    });
    const reservationId = reservation?.reservationId ?? "";
    const commit = () => client.commit({ reservationId, price: tokens("500000"), idempotencyKey: "c" });
    core.script.pricingDown = true;
    try {
      assert.equal(await reasonOf(commit()), "PEER_UNAVAILABLE");
      const held = await client.getReservation({ reservationId });
      assert.deepEqual(
        [held.reservation?.state, held.reservation?.remaining?.amount],
        [ReservationState.HELD, "1"],
      );
    } finally {
      core.script.pricingDown = false;
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
      const accountId = await openFundedAccount(client);
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

describe("a hold by amount", () => {
  test("is released whole, and again", async () => {
    const accountId = await openFundedAccount(client);
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
    const accountId = await openFundedAccount(client);
    const { reservation } = await client.reserve({ accountId, price: amount("3"), idempotencyKey: "r" });
    const foreign = await core.client({ scopes: ["core.charge"], account: "somebody-else" });
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

test("a hold in another currency is extended at the rate that it has fixed", async () => {
  const accountId = await openFundedAccount(client, "EUR");
  const { reservation } = await client.reserve({ accountId, price: amount("1"), idempotencyKey: "r" });
  const reservationId = reservation?.reservationId ?? "";
  core.script.rate = "2.5";
  try {
    const remaining = { currencyCode: "USD", amount: "2" };
    const extended = await client.extendReservation({ reservationId, remaining, idempotencyKey: "e" });
    assert.equal(extended.reservation?.remaining?.amount, "1.6");
  } finally {
    core.script.rate = "1.25";
  }
  assert.equal(
    await reasonOf(client.extendReservation({ reservationId, idempotencyKey: "n" })),
    "REQUEST_INVALID",
  );
});

test("an extension in another currency is repeated also when Exchange is down by then", async () => {
  const accountId = await openFundedAccount(client, "EUR");
  const price = amount("1", "EUR");
  const { reservation } = await client.reserve({ accountId, price, idempotencyKey: "r" });
  const remaining = { currencyCode: "USD", amount: "2" };
  const request = { reservationId: reservation!.reservationId, remaining, idempotencyKey: "e" };
  const first = await client.extendReservation(request);
  core.script.exchangeDown = true;
  try {
    assert.deepEqual(await client.extendReservation(request), { ...first, idempotentReplay: true });
    const other = client.extendReservation({ ...request, idempotencyKey: "f" });
    assert.equal(await reasonOf(other), "PEER_UNAVAILABLE");
  } finally {
    core.script.exchangeDown = false;
  }
});

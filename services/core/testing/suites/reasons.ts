import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ErrorReason } from "#gen/billing/core/v1/error_reason_pb.ts";
import { type Overage, ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { accountKeys } from "../../store/keys.ts";
import { type CoreClient, reasonOf } from "../running-core.ts";
import { shareCore } from "../shared-core.ts";

const { core, client } = await shareCore();

type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

let keys = 0;
const key = () => ({ idempotencyKey: `key-${++keys}` });
const money = (value: string, currencyCode = "USD") => ({ currencyCode, amount: value });
const amount = (value: string, currencyCode = "USD", quoteId = "") => ({
  case: "amount" as const,
  value: { money: money(value, currencyCode), quoteId },
});
const tokens = (count = "1", priceId = "test/model") => ({
  case: "usage" as const,
  value: { usages: [{ priceId, quantities: { tokens: count } }] },
});

async function newAccount(currencyCode = "USD", credited = "10"): Promise<string> {
  const accountId = `reasons-${randomUUID()}`;
  await client.createAccount({ accountId, currencyCode });
  if (credited !== "") await credit(accountId, credited, { currencyCode });
  return accountId;
}

function credit(
  accountId: string,
  value: string,
  {
    currencyCode = "USD",
    ...more
  }: { currencyCode?: string; externalReference?: string; priority?: number } = {},
) {
  return client.credit({ accountId, amount: money(value, currencyCode), source: "admin", ...key(), ...more });
}

async function charge(
  price: Parameters<CoreClient["charge"]>[0]["price"],
  currencyCode = "USD",
): Promise<unknown> {
  return client.charge({ accountId: await newAccount(currencyCode), price: price!, ...key() });
}

/** The id of a new hold of 2 USD. */
async function hold(
  accountId: string,
  more: { holdTtl?: ReturnType<typeof durationFromMs> } = {},
): Promise<string> {
  const { reservation } = await client.reserve({ accountId, price: amount("2"), ...key(), ...more });
  return reservation!.reservationId;
}

function commit(reservationId: string, value = "1", more: { keepOpen?: boolean; overage?: Overage } = {}) {
  return client.commit({ reservationId, price: amount(value), ...key(), ...more });
}

/** A call that Pricing, or Exchange, refuses with this reason. */
const refusedByPricing = (reason: string) => async () => {
  core.script.pricingRefusal = reason;
  return charge(tokens()).finally(() => {
    core.script.pricingRefusal = "";
  });
};
const refusedByExchange = (reason: string) => async () => {
  core.script.conversionRefusal = reason;
  return charge(amount("1"), "EUR").finally(() => {
    core.script.conversionRefusal = "";
  });
};

async function chargeUnderQuote(expiresMs: number, maxAmount: string): Promise<unknown> {
  const quoteId = `quote-${randomUUID()}`;
  core.script.quotes.set(quoteId, { expiresMs, maxUses: 1, maxAmount });
  return charge(amount("1", "USD", quoteId), "EUR");
}

async function refundOf(transaction: { transactionId: string } | undefined, value: string) {
  return client.refund({
    transactionId: transaction!.transactionId,
    amount: money(value),
    reason: "t",
    ...key(),
  });
}

function reverse(accountId: string, externalReference: string) {
  const credited = { accountId, source: "admin", externalReference };
  return client.reverseCredit({
    ...credited,
    reversedTotal: money("1"),
    revision: 1n,
    reason: "t",
    ...key(),
  });
}

/** For every reason of the catalogue a call that is refused with it, and nothing else. */
const scenarios: Readonly<Record<Reason, () => Promise<unknown>>> = {
  INSUFFICIENT_FUNDS: () => charge(amount("10.5")),
  ACCOUNT_NOT_FOUND: () => client.charge({ accountId: "nobody", price: amount("1"), ...key() }),
  ACCOUNT_EXISTS: async () => client.createAccount({ accountId: await newAccount(), currencyCode: "EUR" }),
  ACCOUNT_FROZEN: async () => {
    const accountId = await newAccount();
    await client.freezeAccount({ accountId, freezeReason: "operator" });
    return client.charge({ accountId, price: amount("1"), ...key() });
  },
  ACCOUNT_CLOSED: async () => {
    const accountId = await newAccount("USD", "");
    await client.closeAccount({ accountId });
    return credit(accountId, "1");
  },
  ACCOUNT_NOT_EMPTY: async () => client.closeAccount({ accountId: await newAccount() }),
  CURRENCY_MISMATCH: async () =>
    client.adjustBalance({ accountId: await newAccount(), amount: money("1", "EUR"), reason: "t", ...key() }),
  CURRENCY_UNKNOWN: () => client.createAccount({ accountId: `new-${randomUUID()}`, currencyCode: "XQX" }),
  CURRENCY_INACTIVE: () => client.createAccount({ accountId: `new-${randomUUID()}`, currencyCode: "XTS" }),
  AMOUNT_INVALID: () => charge(amount("0.000000001")),
  AMOUNT_OVERFLOW: () => charge(amount("92233720369")),
  TIME_OUT_OF_RANGE: async () => {
    const reservationId = await hold(await newAccount());
    return client.extendReservation({ reservationId, holdTtl: durationFromMs(1_000), ...key() });
  },
  RESERVATION_NOT_FOUND: () => commit("rsv_1_1_AAAA"),
  RESERVATION_EXPIRED: async () => {
    const reservationId = await hold(await newAccount(), { holdTtl: durationFromMs(1_000) });
    await eventually(async () => {
      const { reservation } = await client.getReservation({ reservationId });
      assert.equal(reservation?.state, ReservationState.EXPIRED);
    });
    return commit(reservationId);
  },
  RESERVATION_ALREADY_COMMITTED: async () => {
    const reservationId = await hold(await newAccount());
    await commit(reservationId);
    return commit(reservationId);
  },
  RESERVATION_ALREADY_RELEASED: async () => {
    const reservationId = await hold(await newAccount());
    await client.release({ reservationId, ...key() });
    return commit(reservationId);
  },
  AMOUNT_EXCEEDS_RESERVATION: async () => commit(await hold(await newAccount()), "3", { keepOpen: true }),
  TRANSACTION_NOT_FOUND: () => client.getTransaction({ transactionId: "txn_1_AAAA" }),
  TRANSACTION_NOT_REFUNDABLE: async () => {
    const { transaction } = await credit(await newAccount(), "1");
    return refundOf(transaction, "1");
  },
  REFUND_EXCEEDS_CHARGE: async () => {
    const accountId = await newAccount();
    const { transaction } = await client.charge({ accountId, price: amount("1"), ...key() });
    return refundOf(transaction, "1.1");
  },
  REFERENCE_REUSED: async () => {
    const accountId = await newAccount();
    await credit(accountId, "1", { externalReference: "pi_1" });
    return credit(accountId, "2", { externalReference: "pi_1" });
  },
  REFERENCE_NOT_FOUND: async () => reverse(await newAccount(), "pi_1"),
  PRICE_NOT_FOUND: () => charge(tokens("1", "test/unknown")),
  PRICE_NOT_LOCKED: async () => {
    const accountId = await newAccount();
    const { reservation } = await client.reserve({ accountId, price: tokens(), ...key() });
    const { reservationId } = reservation!;
    return client.commit({ reservationId, price: tokens("1", "test/other"), ...key() });
  },
  METER_UNKNOWN: refusedByPricing("METER_UNKNOWN"),
  USAGE_INVALID: () => {
    const { value, ...price } = tokens();
    return charge({ ...price, value: { usages: [...value.usages, ...value.usages] } });
  },
  RATE_UNAVAILABLE: () => charge(amount("1", "JPY")),
  RATE_STALE: refusedByExchange("RATE_STALE"),
  QUOTE_NOT_FOUND: () => charge(amount("1", "USD", "unknown"), "EUR"),
  QUOTE_EXPIRED: () => chargeUnderQuote(Date.now() - 60_000, ""),
  QUOTE_NOT_APPLICABLE: () => chargeUnderQuote(Date.now() + 600_000, "0.5"),
  GRANT_LIMIT_REACHED: async () => {
    const accountId = await newAccount();
    for (let count = 0; count < 64; count++) await credit(accountId, "1", { priority: 10 });
    return credit(accountId, "1", { priority: 10 });
  },
  RESERVATION_LIMIT_REACHED: async () => {
    const accountId = await newAccount();
    const { openHolds } = accountKeys(accountId);
    // So many would take minutes to make one by one.
    for (let start = 0; start < 100_000; start += 10_000) {
      const fields = Array.from({ length: 10_000 }, (_, index) => [`${start + index}.0`, "x"]).flat();
      await core.redis.command(openHolds, ["HSET", openHolds, ...fields]);
    }
    return hold(accountId).finally(() => core.redis.command(openHolds, ["DEL", openHolds]));
  },
  RESUME_POINT_UNKNOWN: async () => {
    for await (const _ of client.watchBalance({ accountId: await newAccount(), afterSequence: 99n })) return;
  },
  PRICE_ARCHIVED: refusedByPricing("PRICE_ARCHIVED"),
  PRICE_NOT_APPLICABLE: refusedByPricing("PRICE_NOT_APPLICABLE"),
  PRICE_BOOK_NOT_FOUND: refusedByPricing("PRICE_BOOK_NOT_FOUND"),
  PRICE_VERSION_NOT_FOUND: refusedByPricing("PRICE_VERSION_NOT_FOUND"),
  AMOUNT_BECOMES_ZERO: async () => credit(await newAccount("EUR"), "0.000000001"),
  PRICE_STALE: refusedByPricing("PRICE_STALE"),
  FREEZE_LIMIT_REACHED: async () => {
    const accountId = await newAccount();
    for (let count = 0; count < 16; count++)
      await client.freezeAccount({ accountId, freezeReason: `dispute:${count}` });
    return client.freezeAccount({ accountId, freezeReason: "operator" });
  },
};

/** Common reasons by which Core refuses what its callers do. */
const commonScenarios = {
  IDEMPOTENCY_KEY_REUSED: async () => {
    const request = { accountId: await newAccount(), idempotencyKey: "same" };
    await client.charge({ ...request, price: amount("1") });
    return client.charge({ ...request, price: amount("2") });
  },
  VERSION_MISMATCH: async () => client.updateAccount({ accountId: await newAccount(), configVersion: 9n }),
  PAGE_TOKEN_INVALID: () => client.listAccounts({ pageToken: "forged" }),
  ACCOUNT_NOT_PERMITTED: async () => {
    const bound = await core.client({ scopes: ["core.read"], account: "another" });
    return bound.getBalance({ accountId: await newAccount() });
  },
  PEER_UNAVAILABLE: async () => {
    core.script.pricingDown = true;
    return charge(tokens()).finally(() => {
      core.script.pricingDown = false;
    });
  },
} as const;

for (const [reason, scenario] of Object.entries({ ...scenarios, ...commonScenarios })) {
  test(`${reason} is what the caller gets`, async () => {
    assert.equal(await reasonOf(scenario()), reason);
  });
}

test("every reason of the catalogue has its scenario", () => {
  const catalogue = Object.keys(ErrorReason).filter(
    (name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED",
  );
  assert.deepEqual(Object.keys(scenarios).sort(), catalogue.sort());
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import type { CreateQuoteRequest } from "#gen/billing/exchange/v1/quote_rpc_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { amountOf, costAtoms, dollarsPerEuro } from "./testing/expected-cost.ts";
import {
  type Clients,
  clientsWith,
  type GrpcTransports,
  openGrpcTransports,
  outcomeOf,
  refusalOf,
  serviceOf,
  withToken,
} from "./testing/services.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

const model = "openai/gpt-4o";
const quantities = { input_tokens: "1200", output_tokens: "1000" };

let stack: TestStack;
let transports: GrpcTransports;
let clients: Clients;

before(async () => {
  stack = await startTestStack();
  transports = openGrpcTransports(stack);
  clients = clientsWith(transports, await stack.token());
});
after(async () => {
  transports?.close();
  await stack?.stop();
});

async function euroAccount(): Promise<string> {
  const accountId = `quotes-${randomUUID()}`;
  await clients.core.createAccount({ accountId, currencyCode: "EUR" });
  const amount = { currencyCode: "EUR", amount: "100" };
  await clients.core.credit({ accountId, amount, source: "admin", idempotencyKey: "fund" });
  return accountId;
}

type QuoteTerms = Partial<Pick<CreateQuoteRequest, "spread" | "maxUses" | "maxAmount" | "ttl">>;

/** The id of a quote from dollars to euros, without spread unless one is named. */
async function quoteFor(accountId: string, terms: QuoteTerms = {}): Promise<string> {
  const pair = { fromCurrency: "USD", toCurrency: "EUR", idempotencyKey: randomUUID() };
  const { quote } = await clients.exchange.createQuote({ accountId, ...pair, spread: "0", ...terms });
  return quote!.quoteId;
}

const amount = (value: string, quoteId = "", currencyCode = "USD") => ({
  case: "amount" as const,
  value: { money: { currencyCode, amount: value }, quoteId },
});
const usage = (quoteId = "") => ({
  case: "usage" as const,
  value: { usages: [{ priceId: model, quantities }], quoteId },
});

/** Charges some dollars under a quote: what was taken in euros, or why nothing was. */
async function charge(
  accountId: string,
  quoteId: string,
  value = "10",
  idempotencyKey: string = randomUUID(),
) {
  return clients.core.charge({ accountId, price: amount(value, quoteId), idempotencyKey });
}

/** Euros for dollars at the published rate, less a spread in hundredths, rounded up to 10⁻⁸. */
function euros(dollars: bigint, spreadPercent = 0n): string {
  const [whole = "", fraction = ""] = dollarsPerEuro.split(".");
  const rate = BigInt(whole + fraction);
  const numerator = dollars * (100n - spreadPercent) * 10n ** BigInt(8 + fraction.length);
  const denominator = 100n * rate;
  return amountOf((numerator + denominator - 1n) / denominator);
}

test("a charge under a quote is converted at the quote's rate less its spread, once, and repeats its answer", async () => {
  const accountId = await euroAccount();
  const quoteId = await quoteFor(accountId, { spread: "0.02" });
  const first = await charge(accountId, quoteId, "10", "first");
  assert.equal(first.derivation?.amount?.amount, euros(10n, 2n));
  assert.deepEqual([first.derivation?.rate?.quoteId, first.derivation?.rate?.spread], [quoteId, "0.02"]);
  assert.equal(await outcomeOf(charge(accountId, quoteId, "10", "second")), "QUOTE_NOT_APPLICABLE");
  const again = await charge(accountId, quoteId, "10", "first");
  assert.deepEqual({ ...again, idempotentReplay: false }, first);
  const { transaction } = await clients.core.getTransaction({
    transactionId: first.transaction?.transactionId ?? "",
  });
  assert.deepEqual(transaction?.derivation, first.derivation, "derived anew it is the same");
  const { balance } = await clients.core.getBalance({ accountId });
  assert.equal(balance?.spent?.amount, euros(10n, 2n));
});

/** A hold of 20 dollars under a quote that is over soon, but not before: on a slow machine it lives longer. */
async function reserveUnderShortQuote(accountId: string) {
  for (let ttlMs = 5_000; ; ttlMs *= 2) {
    const quoteId = await quoteFor(accountId, { ttl: durationFromMs(ttlMs), spread: "0.5", maxAmount: "20" });
    const request = { accountId, price: amount("20", quoteId), idempotencyKey: `r-${ttlMs}` };
    const refusal = await refusalOf(clients.core.reserve(request));
    if (refusal === undefined) return { quoteId, request };
    assert.ok(refusal.info?.reason === "QUOTE_EXPIRED" && ttlMs < 60_000, refusal.error.message);
  }
}

test("a hold under a quote keeps its rate for every commit, also when the quote is over and used up", async () => {
  const accountId = await euroAccount();
  const { quoteId, request: reserve } = await reserveUnderShortQuote(accountId);
  const { reservation } = await clients.core.reserve(reserve);
  const reservationId = reservation!.reservationId;
  assert.equal(reservation?.remaining?.amount, euros(20n, 50n));
  await eventually(async () => {
    const { expired } = await clients.exchange.getQuote({ quoteId });
    assert.ok(expired);
  }, 120_000);
  const commit = (value: string, quote: string, idempotencyKey: string, keepOpen = true) =>
    clients.core.commit({ reservationId, price: amount(value, quote), keepOpen, idempotencyKey });
  assert.equal((await commit("4", "", "a")).derivation?.amount?.amount, euros(4n, 50n));
  assert.equal((await commit("4", quoteId, "b")).derivation?.rate?.quoteId, quoteId);
  assert.equal(await outcomeOf(commit("1", "another", "c")), "QUOTE_NOT_APPLICABLE");
  const remaining = (value: string) =>
    clients.core.extendReservation({
      reservationId,
      remaining: { currencyCode: "USD", amount: value },
      idempotencyKey: `extend ${value}`.replace(" ", "-"),
    });
  assert.equal((await remaining("15")).reservation?.remaining?.amount, euros(15n, 50n));
  assert.equal(await outcomeOf(remaining("20.01")), "QUOTE_NOT_APPLICABLE");
  const { reservation: settled } = await commit("16", "", "d", false);
  assert.equal(settled?.lockedRate?.quoteId, quoteId);
  assert.equal(await outcomeOf(charge(accountId, quoteId)), "QUOTE_EXPIRED");
  assert.deepEqual((await clients.core.reserve(reserve)).idempotentReplay, true);
  assert.equal(await outcomeOf(clients.core.reserve({ ...reserve, idempotencyKey: "s" })), "QUOTE_EXPIRED");
});

test("usage and credits use quotes too; uses at once never exceed what was promised", async () => {
  const accountId = await euroAccount();
  const quoteId = await quoteFor(accountId, { maxUses: 3 });
  const price = usage(quoteId);
  const charged = await clients.core.charge({ accountId, price, idempotencyKey: "usage" });
  assert.equal(charged.derivation?.amount?.amount, amountOf(costAtoms(model, quantities, "EUR")));
  const credit = (idempotencyKey: string) =>
    clients.core.credit({
      accountId,
      amount: { currencyCode: "USD", amount: "1" },
      source: "admin",
      quoteId,
      idempotencyKey,
    });
  const calls = Array.from({ length: 6 }, (_, index) => [
    outcomeOf(credit(`credit-${index}`)),
    outcomeOf(charge(accountId, quoteId, "1")),
    outcomeOf(clients.core.reserve({ accountId, price, idempotencyKey: `hold-${index}` })),
  ]);
  const outcomes = await Promise.all(calls.flat());
  assert.equal(outcomes.filter((outcome) => outcome === "OK").length, 2);
  assert.equal(outcomes.filter((outcome) => outcome === "QUOTE_NOT_APPLICABLE").length, 16);
  const { verification } = await clients.core.verifyAccount({ accountId });
  assert.deepEqual(verification?.faults, []);
});

test("a quote is for its account, its direction and its amount alone", async () => {
  const [accountId, other] = [await euroAccount(), await euroAccount()];
  const quoteId = await quoteFor(accountId, { maxAmount: "10", maxUses: 0 });
  const own = { accountId, idempotencyKey: "k" };
  const cases: ReadonlyArray<readonly [what: string, call: () => Promise<unknown>, outcome: string]> = [
    ["another account", () => charge(other, quoteId), "QUOTE_NOT_FOUND"],
    ["an unknown one", () => charge(accountId, "q_unknown"), "QUOTE_NOT_FOUND"],
    ["more than it promised", () => charge(accountId, quoteId, "10.01"), "QUOTE_NOT_APPLICABLE"],
    [
      "another direction",
      () => clients.core.charge({ ...own, price: amount("1", quoteId, "JPY") }),
      "QUOTE_NOT_APPLICABLE",
    ],
    [
      "nothing to convert",
      () => clients.core.charge({ ...own, price: amount("1", quoteId, "EUR") }),
      "QUOTE_NOT_APPLICABLE",
    ],
    ["just what it promised", () => charge(accountId, quoteId, "10.00"), "OK"],
  ];
  for (const [what, call, outcome] of cases) assert.equal(await outcomeOf(call()), outcome, what);
  const token = await stack.token({ scopes: ["core.charge"], account: other });
  const foreign = createClient(serviceOf.core, withToken(transports.of("core"), token));
  const stolen = foreign.charge({ accountId: other, price: amount("1", quoteId), idempotencyKey: "k" });
  assert.equal(await outcomeOf(stolen), "QUOTE_NOT_FOUND");
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MoneySchema } from "#gen/billing/type/v1/money_pb.ts";
import { RateSchema } from "#gen/billing/type/v1/rate_pb.ts";
import { readBalanceCall } from "../../store/calls/read-balance.ts";
import { accountKeys, postingKeys } from "../../store/keys.ts";
import { Billing } from "../billing.ts";
import { CoreError } from "../core-error.ts";
import type { Reversal } from "../corrections.ts";
import { Funding } from "../funding.ts";
import { Rating } from "../rating.ts";
import { encodeTransactionId } from "../resource-id.ts";
import { idempotencyOf, type TestLedger } from "../testing/test-ledger.ts";
import { AccountVerifier } from "../verification/account-verifier.ts";
import { type ArchivingLedger, startArchivingLedger } from "./testing/archiving-ledger.ts";

const calm = new AbortController().signal;
let archiving: ArchivingLedger;
before(async () => {
  archiving = await startArchivingLedger({ onlineEntries: 2, entriesPerFile: 3 });
});
after(() => archiving.stop());

async function fundedAccount(): Promise<string> {
  const accountId = `archived-${randomUUID()}`;
  await archiving.ledger.create(accountId);
  await archiving.ledger.credit(accountId, 1_000n, { externalReference: "pi_1" });
  return accountId;
}

/** Takes every entry so far offline, but for one, behind two more. */
async function archiveAll(accountId: string): Promise<void> {
  const { ledger, archiver } = archiving;
  await ledger.charge(accountId, 0n);
  await ledger.charge(accountId, 0n);
  await archiver.archive(accountId, calm);
  assert.equal(await ledger.command("LLEN", accountKeys(accountId).journal), 1);
}

async function assertWhole(accountId: string): Promise<void> {
  const { ledger, archive } = archiving;
  assert.deepEqual((await new AccountVerifier(ledger.store, archive).verify(accountId, calm)).faults, []);
}

async function availableOf(accountId: string): Promise<bigint> {
  return (await archiving.ledger.ledger.getAccount(accountId)).balance.availableAtoms;
}

const posting = (method: string, key: string) => ({ idempotency: idempotencyOf(method, key, key), memo: "" });

const euros = (amount: string) => create(MoneySchema, { currencyCode: "EUR", amount });

/** Charges and refunds over an Exchange that has one rate, of dollars for a euro. */
function overExchange({ ledger, corrections, transactions }: TestLedger, publishedRate: string) {
  const step = { baseCurrency: "EUR", quoteCurrency: "USD", publishedRate, inverted: false, provider: "ecb" };
  const rate = {
    fromCurrency: "EUR",
    toCurrency: "USD",
    rate: publishedRate,
    steps: [step],
    provider: "ecb",
  };
  const notAsked = () => Promise.reject(new Error("not asked"));
  const exchange = {
    rate: async () => ({ rate: create(RateSchema, rate), quote: undefined }),
    currency: notAsked,
  };
  return {
    billing: new Billing(ledger, new Rating({ price: notAsked }, exchange)),
    funding: new Funding(ledger, corrections, transactions),
  };
}

function reversal(accountId: string, total: bigint, revision: bigint, key: string): Reversal {
  const credit = { accountId, source: "admin", externalReference: "pi_1" };
  return { ...posting("ReverseCredit", key), ...credit, reversedAtoms: total, revision };
}

test("every call is repeated from the archive exactly as it was answered", async () => {
  const { ledger } = archiving;
  const accountId = await fundedAccount();
  const charged = await ledger.charge(accountId, 50n);
  const [part, whole, freed, longer] = await Promise.all(
    [1, 2, 3, 4].map(() => ledger.reserve(accountId, 10n)),
  );
  const hold = (result: typeof part) => result!.reservation.reservationId;
  await ledger.release(hold(freed));
  const grant = { priority: 10, expiresMs: undefined };
  const { corrections } = ledger;
  const refund = { transactionId: charged.transaction.transactionId, amountAtoms: 20n };
  const calls: ReadonlyArray<readonly [what: string, call: () => Promise<object>]> = [
    ["Credit", () => ledger.credit(accountId, 5n, { ...posting("Credit", "k"), grant })],
    ["Charge", () => ledger.charge(accountId, 5n, posting("Charge", "k"))],
    ["Reserve", () => ledger.reserve(accountId, 5n, posting("Reserve", "k"))],
    [
      "ExtendReservation",
      () => ledger.extend(hold(longer), { ...posting("Extend", "k"), remainingAtoms: 12n }),
    ],
    [
      "Commit of a part",
      () => ledger.commit(hold(part), 5n, { ...posting("Commit", "part"), keepOpen: true }),
    ],
    ["Commit", () => ledger.commit(hold(whole), 5n, posting("Commit", "k"))],
    ["Release", () => ledger.release(hold(longer), posting("Release", "k"))],
    ["Release of a released hold", () => ledger.release(hold(freed), posting("Release", "again"))],
    ["Refund", () => corrections.refund({ ...posting("Refund", "k"), ...refund })],
    ["ReverseCredit", () => corrections.reverseCredit(reversal(accountId, 9n, 2n, "k"))],
    ["an unchanged ReverseCredit", () => corrections.reverseCredit(reversal(accountId, 9n, 3n, "same"))],
    ["a superseded ReverseCredit", () => corrections.reverseCredit(reversal(accountId, 5n, 1n, "old"))],
    [
      "AdjustBalance",
      () =>
        corrections.adjust({ ...posting("Adjust", "k"), accountId, amountAtoms: 3n, allowNegative: false }),
    ],
  ];
  const first: object[] = [];
  for (const [, call] of calls) first.push(await call());
  await archiveAll(accountId);
  for (const [number, [what, call]] of calls.entries())
    assert.deepEqual(await call(), { ...first[number], idempotentReplay: true }, what);
  await assertWhole(accountId);
});

test("reservations that ended are answered, and references found, whose entries are archived", async () => {
  const { ledger } = archiving;
  const accountId = await fundedAccount();
  const { reservation } = await ledger.reserve(accountId, 10n);
  const released = await ledger.release(reservation.reservationId);
  await archiveAll(accountId);
  const again = await ledger.release(reservation.reservationId);
  assert.deepEqual(again.transaction, released.transaction);
  const byReference = await ledger.credit(accountId, 1_000n, { externalReference: "pi_1" });
  assert.deepEqual([byReference.idempotentReplay, byReference.transaction.sequence], [true, 2]);
  await assertWhole(accountId);
});

describe("a refund of an archived entry", () => {
  const refund = (accountId: string, sequence: number, amountAtoms?: bigint) =>
    archiving.ledger.corrections.refund({
      ...posting("Refund", randomUUID()),
      transactionId: encodeTransactionId({ accountId, sequence }),
      amountAtoms,
    });

  test("gives back what it took, to plain balance and to grants, in sum never more", async () => {
    const { ledger } = archiving;
    const accountId = await fundedAccount();
    const grant = { priority: 10, expiresMs: undefined };
    await ledger.credit(accountId, 30n, { kind: "PROMOTIONAL", grant });
    const { transaction } = await ledger.charge(accountId, 50n);
    await refund(accountId, transaction.sequence, 5n);
    await archiveAll(accountId);
    assert.equal((await refund(accountId, transaction.sequence, 20n)).transaction.amountAtoms, 20n);
    await assert.rejects(refund(accountId, transaction.sequence, 26n), {
      reason: "REFUND_EXCEEDS_CHARGE",
      metadata: { refundable: "25", currency_code: "USD" },
    });
    const rest = await refund(accountId, transaction.sequence);
    assert.equal(rest.transaction.amountAtoms, 25n);
    const { grants, account } = await ledger.store.run(readBalanceCall(accountId));
    assert.deepEqual([account.columns.availableAtoms, account.columns.spentAtoms], [1_030n, 0n]);
    assert.equal(grants[0]?.remainingAtoms, 30n);
    await assertWhole(accountId);
  });

  test("in the currency that was charged goes by the rate of then, and the whole gives back what was taken", async () => {
    const { ledger } = archiving;
    const { billing, funding } = overExchange(ledger, "1.25");
    const refundEuros = (transactionId: string, value: string, key: string) =>
      funding.refund({
        ...posting("Refund", key),
        transactionId,
        money: euros(value),
        reason: "",
        metadata: {},
      });
    const accountId = await fundedAccount();
    const chargeEuros = async (key: string) => {
      const request = { price: { kind: "amount", money: euros("7"), quoteId: "" }, description: "" } as const;
      const { transaction } = await billing.charge({
        ...posting("Charge", key),
        ...request,
        accountId,
        metadata: {},
      });
      return transaction;
    };
    const [partly, wholly] = [await chargeEuros("partly"), await chargeEuros("wholly")];
    assert.equal(partly.amountAtoms, -9n, "7 × 1.25, rounded up");
    await archiveAll(accountId);
    const part = await refundEuros(partly.transactionId, "3", "part");
    assert.equal(part.transaction.amountAtoms, 3n, "9 × 3 ÷ 7, rounded down");
    await assert.rejects(refundEuros(partly.transactionId, "6", "more"), { reason: "REFUND_EXCEEDS_CHARGE" });
    const whole = await refundEuros(wholly.transactionId, "7", "whole");
    assert.equal(whole.transaction.amountAtoms, 9n);
    await assert.rejects(refundEuros(wholly.transactionId, "1", "again"), {
      reason: "REFUND_EXCEEDS_CHARGE",
    });
    await assertWhole(accountId);
  });

  test("of an entry that took nothing, or that does not exist, is refused", async () => {
    const accountId = await fundedAccount();
    await archiveAll(accountId);
    await assert.rejects(refund(accountId, 2), { reason: "TRANSACTION_NOT_REFUNDABLE" });
    await assert.rejects(refund(accountId, 3), { reason: "REFUND_EXCEEDS_CHARGE" });
    await assert.rejects(refund(accountId, 99), { reason: "TRANSACTION_NOT_FOUND" });
  });

  test("many at once with one key give back once", async () => {
    const { ledger } = archiving;
    const accountId = await fundedAccount();
    const { transaction } = await ledger.charge(accountId, 50n);
    await archiveAll(accountId);
    const call = { ...posting("Refund", "same"), transactionId: transaction.transactionId, amountAtoms: 20n };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ledger.corrections.refund(call)));
    assert.equal(answers.filter(({ idempotentReplay }) => !idempotentReplay).length, 1);
    assert.equal(await availableOf(accountId), 970n);
  });

  test("takes the entry's text from a call only where Redis has none, and only with its sequence", async () => {
    const { ledger } = archiving;
    const accountId = await fundedAccount();
    const keys = accountKeys(accountId);
    await ledger.charge(accountId, 50n);
    const text = await ledger.command<string>("LINDEX", keys.journal, "2");
    const forged = text.replaceAll("50", "90");
    const call = (archivedEntry: string) => {
      const day = Math.floor(Date.now() / 86_400_000);
      const functionKeys = [...postingKeys(keys, day), keys.refunds];
      const digest = randomUUID().slice(0, 16);
      const args = [accountId, String(day), digest, digest, "k", "", "3", "80", archivedEntry];
      return ledger.redis.callFunction("ledger1_refund", functionKeys, args);
    };
    await assert.rejects(call(forged), /REFUND_EXCEEDS_CHARGE/);
    await archiveAll(accountId);
    await assert.rejects(call(""), /ENTRY_ARCHIVED \{"sequence":"3"\}/);
    await assert.rejects(call(forged.replace("\u001f3\u001f", "\u001f4\u001f")), /ARGUMENT_INVALID/);
    await assert.rejects(call("no entry"), /ARGUMENT_INVALID/);
    await assert.rejects(call(text), /REFUND_EXCEEDS_CHARGE/);
  });

  test("waits when its file can't be read, and changes nothing", async () => {
    const { ledger } = archiving;
    const accountId = await fundedAccount();
    await ledger.charge(accountId, 50n);
    await archiveAll(accountId);
    await ledger.command("DEL", accountKeys(accountId).archive);
    await assert.rejects(refund(accountId, 3), (error: Error) => {
      assert.ok(!(error instanceof CoreError));
      return /archived entry 3 .* is in no file/.test(error.message);
    });
    assert.equal(await availableOf(accountId), 950n);
  });
});

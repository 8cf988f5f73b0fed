import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accountKeys } from "../store/keys.ts";
import type { AccountSettings, NewAccount } from "./account.ts";
import { mostMemoBytes, mostTermsBytes } from "./operations.ts";
import { decodeReservationId, encodeReservationId, encodeTransactionId } from "./resource-id.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger();
});
after(() => shared.stop());

const settings: AccountSettings = {
  priceBook: "gold",
  labels: { tier: "gold", region: "Zürich" },
  lowBalanceThresholds: [{ amount: "5" }, { percentOfLastCredit: 10 }],
};
function newAccount(accountId: string, more: Partial<NewAccount> = {}): NewAccount {
  return { accountId, currencyCode: "USD", ledgerScale: 8, creditLimitAtoms: 5n, settings, ...more };
}

test("a created account reads back with its settings, its first entry, and its place in the listing", async () => {
  const created = await shared.ledger.createAccount(newAccount("reader"));
  assert.equal(created.idempotentReplay, false);
  const { account, balance, serverTimeMs } = await shared.ledger.getAccount("reader");
  assert.deepEqual(account, created.account);
  assert.deepEqual(balance, created.balance);
  assert.deepEqual(account, {
    ...newAccount("reader"),
    state: "ACTIVE",
    freezeReasons: [],
    configVersion: 1,
    createdMs: account.createdMs,
    updatedMs: account.createdMs,
  });
  assert.ok(serverTimeMs >= account.createdMs);
  assert.equal(balance.spendableAtoms, 5n);
  const { transaction } = await shared.transactions.get(
    encodeTransactionId({ accountId: "reader", sequence: 1 }),
  );
  assert.deepEqual(
    [transaction.type, transaction.amountAtoms, transaction.legs],
    ["ACCOUNT_CREATED", 0n, []],
  );
  assert.deepEqual(transaction.balanceAfter, balance);
  assert.equal(await shared.command("ZSCORE", accountKeys("reader").listing, "reader"), 0);
});

test("creating again with the same settings answers with the account as it is; with others it is refused", async () => {
  await shared.ledger.createAccount(newAccount("twice"));
  await shared.credit("twice", 9n);
  const reordered = { ...settings, labels: { region: "Zürich", tier: "gold" } };
  const again = await shared.ledger.createAccount(newAccount("twice", { settings: reordered }));
  assert.equal(again.idempotentReplay, true);
  assert.equal(again.balance.availableAtoms, 9n);
  const others: Partial<NewAccount>[] = [
    { currencyCode: "EUR" },
    { ledgerScale: 6 },
    { creditLimitAtoms: 6n },
    { settings: { ...settings, priceBook: "" } },
    { settings: { ...settings, labels: {} } },
    { settings: { ...settings, lowBalanceThresholds: [] } },
  ];
  for (const other of others) {
    await assert.rejects(shared.ledger.createAccount(newAccount("twice", other)), {
      reason: "ACCOUNT_EXISTS",
    });
  }
  assert.equal((await shared.ledger.getAccount("twice")).balance.sequence, 2);
});

test("fifty creations at once make one account", async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => shared.create("rush")));
  assert.equal(answers.filter(({ idempotentReplay }) => !idempotentReplay).length, 1);
  assert.equal((await shared.ledger.getAccount("rush")).balance.sequence, 1);
});

test("a credit limit is 0 or more and fits the ledger", async () => {
  await assert.rejects(shared.create("limit", -1n), { reason: "AMOUNT_INVALID" });
  await assert.rejects(shared.create("limit", 2n ** 63n), { reason: "AMOUNT_OVERFLOW" });
  await shared.create("limit", 2n ** 63n - 1n);
});

const states: ReadonlyArray<[fields: string[], state: string, reasons: string[]]> = [
  [[], "ACTIVE", []],
  [["z", "operator dispute:dp_1"], "FROZEN", ["operator", "dispute:dp_1"]],
  [["z", "operator", "c", "1"], "CLOSED", ["operator"]],
];
for (const [fields, state, reasons] of states) {
  test(`an account reads as ${state}`, async () => {
    await shared.create(`state-${state}`);
    if (fields.length > 0) await shared.command("HSET", accountKeys(`state-${state}`).account, ...fields);
    const { account } = await shared.ledger.getAccount(`state-${state}`);
    assert.deepEqual([account.state, account.freezeReasons], [state, reasons]);
  });
}

test("refusals tell amounts as decimals of the account's scale, and transactions by id", async () => {
  await shared.ledger.createAccount(newAccount("refusals", { creditLimitAtoms: 0n }));
  await shared.credit("refusals", 250_000_000n);
  const unit = { currencyCode: "USD", ledgerScale: 8 };
  const { reservation } = await shared.reserve("refusals", 150_000_000n, { unit });
  await assert.rejects(shared.charge("refusals", 100_000_001n, { unit }), {
    reason: "INSUFFICIENT_FUNDS",
    metadata: { required: "1.00000001", spendable: "1", reserved: "1.5", currency_code: "USD" },
  });
  await assert.rejects(shared.commit(reservation.reservationId, 150_000_001n, { unit, keepOpen: true }), {
    reason: "AMOUNT_EXCEEDS_RESERVATION",
    metadata: { remaining: "1.5", currency_code: "USD" },
  });
  const { transaction } = await shared.commit(reservation.reservationId, 1n, { unit });
  const settled = { metadata: { transaction_id: transaction.transactionId } };
  await assert.rejects(shared.commit(reservation.reservationId, 1n, { unit }), {
    reason: "RESERVATION_ALREADY_COMMITTED",
    ...settled,
  });
  await assert.rejects(shared.release(reservation.reservationId), {
    reason: "RESERVATION_ALREADY_COMMITTED",
    ...settled,
  });
});

test("operations on an unknown account say so", async () => {
  const notFound = { reason: "ACCOUNT_NOT_FOUND" };
  await assert.rejects(shared.ledger.getAccount("nobody"), notFound);
  await assert.rejects(shared.credit("nobody", 1n), notFound);
  await assert.rejects(shared.charge("nobody", 1n), notFound);
  await assert.rejects(shared.reserve("nobody", 1n), notFound);
});

test("an unknown or malformed id is not found", async () => {
  await shared.create("known");
  const holdIds = [
    encodeReservationId({ accountId: "nobody", sequence: 2, day: 20_000 }),
    encodeReservationId({ accountId: "known", sequence: 1, day: 20_000 }),
    encodeTransactionId({ accountId: "known", sequence: 1 }),
    "rsv_",
    "",
  ];
  for (const id of holdIds) {
    const notFound = { reason: "RESERVATION_NOT_FOUND" };
    await assert.rejects(shared.commit(id, 1n), notFound, id);
    await assert.rejects(shared.release(id), notFound, id);
    await assert.rejects(shared.ledger.getReservation(id), notFound, id);
  }
  assert.equal(await shared.ledger.expireHold(holdIds[1]!), false, "to a sweeper it is just gone");
  const transactionIds = [
    encodeTransactionId({ accountId: "nobody", sequence: 1 }),
    encodeTransactionId({ accountId: "known", sequence: 2 }),
    "txn_",
  ];
  for (const id of transactionIds) {
    await assert.rejects(shared.transactions.get(id), { reason: "TRANSACTION_NOT_FOUND" }, id);
  }
});

test("a hold named with another day than its own is not found, open or settled", async () => {
  await shared.create("days", 10n);
  const { reservation } = await shared.reserve("days", 5n);
  const { day, ...rest } = decodeReservationId(reservation.reservationId)!;
  const otherDay = encodeReservationId({ ...rest, day: day - 1 });
  await assert.rejects(shared.commit(otherDay, 1n), { reason: "RESERVATION_NOT_FOUND" });
  await shared.release(reservation.reservationId);
  await assert.rejects(shared.release(otherDay), { reason: "RESERVATION_NOT_FOUND" });
});

test("memo and terms pass through unchanged, up to their bound", async () => {
  await shared.create("memos", 10n);
  const memo = JSON.stringify({ text: 'Ünïcode "quoted" \u001f \u0000 ✓', list: [1, "2"] });
  const terms = `"${"t".repeat(mostTermsBytes - 2)}"`;
  const { reservation, transaction } = await shared.reserve("memos", 1n, { memo, terms });
  assert.equal(transaction.memo, memo);
  assert.equal(reservation.terms, terms);
  const read = await shared.ledger.getReservation(reservation.reservationId);
  assert.deepEqual(read.reservation, reservation);
  assert.deepEqual(read.unit, { currencyCode: "USD", ledgerScale: 0 });
  assert.deepEqual((await shared.transactions.get(transaction.transactionId)).transaction, transaction);
  const large = `"${"m".repeat(mostMemoBytes - 2)}"`;
  assert.equal((await shared.charge("memos", 1n, { memo: large })).transaction.memo, large);
  await assert.rejects(shared.charge("memos", 1n, { memo: `${large} ` }), {
    reason: "REQUEST_TOO_LARGE",
    metadata: { max_bytes: String(mostMemoBytes) },
  });
  await assert.rejects(shared.reserve("memos", 1n, { terms: `${terms} ` }), { reason: "REQUEST_TOO_LARGE" });
});

test("legs name where money came from and its kind", async () => {
  await shared.create("legs");
  const { transaction } = await shared.credit("legs", 9n, { source: "promo", kind: "PROMOTIONAL" });
  assert.deepEqual(transaction.legs, [
    { column: "external:promo", amountAtoms: -9n, grantId: undefined, kind: "PROMOTIONAL" },
    { column: "available", amountAtoms: 9n, grantId: undefined, kind: "PROMOTIONAL" },
  ]);
  const { reservation } = await shared.reserve("legs", 6n);
  const commit = await shared.commit(reservation.reservationId, 8n);
  assert.deepEqual(
    commit.transaction.legs.map(({ column, amountAtoms }) => [column, amountAtoms]),
    [
      ["reserved", -6n],
      ["spent", 8n],
      ["available", -2n],
    ],
  );
});

test("a hold remembers its last 32 settlements", async () => {
  await shared.create("many", 100n);
  const { reservation } = await shared.reserve("many", 40n);
  for (let capture = 0; capture < 40; capture++) {
    await shared.commit(reservation.reservationId, 1n, { keepOpen: true });
  }
  const { settlingTransactionIds, capturedAtoms } = (
    await shared.ledger.getReservation(reservation.reservationId)
  ).reservation;
  assert.equal(capturedAtoms, 40n);
  assert.deepEqual(
    settlingTransactionIds,
    Array.from({ length: 32 }, (_, index) =>
      encodeTransactionId({ accountId: "many", sequence: index + 11 }),
    ),
  );
});

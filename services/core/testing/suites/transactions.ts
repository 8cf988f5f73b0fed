import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { type CoreClient, reasonOf } from "../running-core.ts";
import { shareCore } from "../shared-core.ts";

const { core, client } = await shareCore();

const usd = (amount: string) => ({ currencyCode: "USD", amount });

/** A new account with a credit, a hold and its commit, and some charges: 3 + `charges` + 1 entries. */
async function usedAccount(charges: number): Promise<{ accountId: string; reservationId: string }> {
  const accountId = `account-${randomUUID()}`;
  await client.createAccount({ accountId, currencyCode: "USD" });
  await client.credit({
    accountId,
    amount: usd("10"),
    source: "admin",
    externalReference: "invoice-1",
    idempotencyKey: "fund",
  });
  const price = { case: "amount" as const, value: { money: usd("1") } };
  const { reservation } = await client.reserve({ accountId, price, idempotencyKey: "hold" });
  const reservationId = reservation?.reservationId ?? "";
  await client.commit({ reservationId, price, idempotencyKey: "settle" });
  for (let count = 0; count < charges; count++)
    await client.charge({
      accountId,
      price,
      idempotencyKey: `charge-${count}`,
      description: `call ${count}`,
    });
  return { accountId, reservationId };
}

const sequencesOf = (transactions: readonly Transaction[]) =>
  transactions.map(({ sequence }) => Number(sequence));

test("a journal is listed newest first by default, page by page, and oldest first when asked", async () => {
  const { accountId } = await usedAccount(2);
  const first = await client.listTransactions({ accountId, pageSize: 4 });
  assert.deepEqual(sequencesOf(first.transactions), [6, 5, 4, 3]);
  const { nextPageToken: pageToken } = first;
  const second = await client.listTransactions({ accountId, pageSize: 4, pageToken });
  assert.deepEqual([sequencesOf(second.transactions), second.nextPageToken], [[2, 1], ""]);
  const oldest = await client.listTransactions({ accountId, oldestFirst: true });
  assert.deepEqual(sequencesOf(oldest.transactions), [1, 2, 3, 4, 5, 6]);
  const charge = oldest.transactions[5];
  assert.deepEqual(
    [charge?.type, charge?.amount?.amount, charge?.balanceAfter?.available?.amount, charge?.description],
    [TransactionType.CHARGE, "-1", "7", "call 1"],
  );
  assert.equal(charge?.refunded?.amount, "0");
});

test("filters narrow a list and an export, and a page token is bound to them", async () => {
  const { accountId, reservationId } = await usedAccount(3);
  const list = async (filter: Parameters<CoreClient["listTransactions"]>[0]) =>
    sequencesOf((await client.listTransactions({ accountId, ...filter })).transactions);
  assert.deepEqual(await list({ types: [TransactionType.CHARGE, TransactionType.CREDIT] }), [7, 6, 5, 2]);
  assert.deepEqual(await list({ reservationId }), [4, 3]);
  assert.deepEqual(await list({ externalReference: "invoice-1" }), [2]);
  const [charge] = (await client.listTransactions({ accountId, pageSize: 1 })).transactions;
  assert.deepEqual(await list({ from: timestampFromMs(Date.now() + 60_000) }), []);
  assert.ok((await list({ from: charge?.createdAt as never })).includes(7));
  assert.deepEqual(await list({ until: timestampFromMs(1) }), []);

  const { nextPageToken: pageToken } = await client.listTransactions({ accountId, pageSize: 1 });
  for (const other of [{ oldestFirst: true }, { types: [TransactionType.CHARGE] }, { reservationId }])
    assert.equal(
      await reasonOf(client.listTransactions({ accountId, pageToken, ...other })),
      "PAGE_TOKEN_INVALID",
    );

  const exported: number[] = [];
  const request = { accountId, types: [TransactionType.CHARGE], afterSequence: 5n };
  for await (const { transactions } of client.exportTransactions(request))
    exported.push(...sequencesOf(transactions));
  assert.deepEqual(exported, [6, 7]);
});

test("a caller sees its own journal only, and foreign or malformed ids do not exist", async () => {
  const mine = await usedAccount(0);
  const other = await usedAccount(0);
  const own = await core.client({ scopes: ["core.read"], account: mine.accountId });
  assert.equal(await reasonOf(own.listTransactions({ accountId: mine.accountId })), "OK");
  assert.equal(await reasonOf(own.listTransactions({ accountId: other.accountId })), "ACCOUNT_NOT_PERMITTED");
  const readAll = async () => {
    for await (const _ of own.exportTransactions({ accountId: other.accountId }));
  };
  assert.equal(await reasonOf(readAll()), "ACCOUNT_NOT_PERMITTED");
  for (const reservationId of [other.reservationId, "rsv_x"])
    for (const caller of [own, client])
      assert.equal(
        await reasonOf(caller.listTransactions({ accountId: mine.accountId, reservationId })),
        "RESERVATION_NOT_FOUND",
      );
  assert.equal(await reasonOf(client.listTransactions({ accountId: "nobody" })), "ACCOUNT_NOT_FOUND");
});

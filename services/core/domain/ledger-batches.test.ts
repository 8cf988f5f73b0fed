import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { Redis } from "#platform/redis/redis.ts";
import { accountKeys } from "../store/keys.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { dumpKeys, waitUntilServerTime } from "../store/testing/test-store.ts";
import { Billing, type ChargeRequest } from "./billing.ts";
import { Ledger } from "./ledger.ts";
import { Rating } from "./rating.ts";
import type { PostingResult } from "./results.ts";
import { idempotencyOf, ledgerOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger();
});
after(() => shared.stop());

let accounts = 0;
async function funded(amount = 100n): Promise<string> {
  const accountId = `together-${++accounts}`;
  await shared.create(accountId);
  if (amount > 0n) await shared.credit(accountId, amount);
  return accountId;
}

/** A way to Redis that notes which functions are called. */
function noting(redis: Redis): { redis: Redis; called: string[] } {
  const called: string[] = [];
  const callFunction: Redis["callFunction"] = (name, keys, args) => {
    called.push(name);
    return redis.callFunction(name, keys, args);
  };
  return { redis: { ...redis, callFunction }, called };
}

const outcome = (result: PromiseSettledResult<PostingResult>): string =>
  result.status === "fulfilled"
    ? `${result.value.idempotentReplay ? "replay" : "ok"} ${result.value.balance.availableAtoms}`
    : ((result.reason as { reason?: string }).reason ?? result.reason.constructor.name);

test("operations of one turn travel together, and each has its own outcome", async () => {
  const { redis, called } = noting(shared.redis);
  const ledger = ledgerOf(shared, new LedgerStore(redis));
  const [a, b, poor, corrupt, mistyped, frozen] = await Promise.all([1, 2, 3, 4, 5, 6].map(() => funded()));
  await shared.command("RPOP", accountKeys(corrupt!).journal);
  await shared.command("DEL", accountKeys(mistyped!).outbox);
  await shared.command("SET", accountKeys(mistyped!).outbox, "no stream");
  await shared.administration.freeze({ accountId: frozen!, freezeReason: "operator", comment: "" });
  const hold = await shared.reserve(a!, 10n);
  const once = { idempotency: idempotencyOf("Charge", "memo", "once"), memo: '{"d":"Grüße ✓ 漢字"}' };
  const { reservationId } = hold.reservation;
  const before = await dumpKeys(shared);
  called.length = 0;
  const results = await Promise.allSettled([
    ledger.charge(a!, 5n, once),
    ledger.charge(b!, 7n),
    ledger.charge(poor!, 1_000n),
    ledger.charge(corrupt!, 1n),
    ledger.charge(mistyped!, 1n),
    ledger.charge(frozen!, 1n),
    ledger.charge("nobody", 1n),
    ledger.charge(a!, 5n, once),
    ledger.charge(b!, 1n, { unit: { currencyCode: "USD", ledgerScale: 2 } }),
    ledger.reserve(b!, 3n),
    ledger.commit(reservationId, 4n),
    ledger.release(reservationId),
  ]);
  assert.deepEqual(results.map(outcome), [
    "ok 85",
    "ok 93",
    "INSUFFICIENT_FUNDS",
    "LedgerFault",
    "LedgerFault",
    "ACCOUNT_FROZEN",
    "ACCOUNT_NOT_FOUND",
    "replay 85",
    "UNIT_DIFFERS",
    "ok 90",
    "ok 91",
    "RESERVATION_ALREADY_COMMITTED",
  ]);
  if (!redis.isCluster) assert.deepEqual(called.sort(), ["ledger1_debit_batch", "ledger1_settle_batch"]);
  const changed = await dumpKeys(shared);
  for (const untouched of [poor, corrupt, mistyped, frozen])
    for (const key of [accountKeys(untouched!).account, accountKeys(untouched!).journal])
      assert.equal(changed[key], before[key]);
  const { memo } = (results[0] as PromiseFulfilledResult<PostingResult>).value.transaction;
  assert.equal(memo, once.memo);
  await Promise.all([auditAccount(shared, a!), auditAccount(shared, b!), auditAccount(shared, poor!)]);
});

test("expiries of one turn travel together; one whose data are damaged keeps no other from its own", async () => {
  const { redis, called } = noting(shared.redis);
  const ledger = ledgerOf(shared, new LedgerStore(redis));
  const [a, b, corrupt] = await Promise.all([1, 2, 3].map(() => funded()));
  const holds = await Promise.all([a, a, b, corrupt].map((id) => shared.reserve(id!, 10n, { holdTtlMs: 1 })));
  const { reservation: open } = await shared.reserve(b!, 10n);
  const due = holds.map(({ reservation }) => reservation);
  await waitUntilServerTime(shared, Math.max(...due.map(({ expiresMs }) => expiresMs)));
  await shared.command("RPOP", accountKeys(corrupt!).journal);
  called.length = 0;
  const ids = [...due, due[0]!, open].map(({ reservationId }) => reservationId);
  const results = await Promise.allSettled(ids.map((id) => ledger.ledger.expireHold(id)));
  const outcomes = results.map((each) =>
    each.status === "fulfilled" ? each.value : each.reason.constructor.name,
  );
  assert.deepEqual(outcomes, [true, true, true, "LedgerFault", false, false]);
  if (!redis.isCluster) assert.deepEqual(called, ["ledger1_expire_batch"]);
  assert.deepEqual((await auditAccount(shared, a!)).columns, [100n, 0n, 100n, 0n, 0n]);
  assert.deepEqual((await auditAccount(shared, b!)).columns, [90n, 10n, 100n, 0n, 0n]);
});

test("what is done together comes to the same as what is done one after the other", async () => {
  const operation = fc.record({
    account: fc.nat(2),
    amount: fc.bigInt({ min: 0n, max: 40n }),
    holds: fc.boolean(),
    key: fc.nat(5),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 2, maxLength: 150 }), async (operations) => {
      const run = async (together: boolean) => {
        const ids = await Promise.all([funded(), funded(), funded()]);
        const start = ({ account, amount, holds, key }: (typeof operations)[number]) => {
          const method = holds ? "Reserve" : "Charge";
          const idempotency = idempotencyOf(method, [amount], `${key}`);
          return holds
            ? shared.reserve(ids[account]!, amount, { idempotency })
            : shared.charge(ids[account]!, amount, { idempotency });
        };
        const results: PromiseSettledResult<PostingResult>[] = [];
        if (together) results.push(...(await Promise.allSettled(operations.map(start))));
        else for (const each of operations) results.push(...(await Promise.allSettled([start(each)])));
        await Promise.all(ids.map((id) => auditAccount(shared, id)));
        return results.map(outcome);
      };
      assert.deepEqual(await run(true), await run(false));
    }),
    { numRuns: 8 },
  );
});

test("a lost library is loaded again for operations that travel together", async () => {
  const ids = await Promise.all([funded(), funded(), funded()]);
  await shared.command("FUNCTION", "FLUSH");
  const results = await Promise.all(ids.map((id) => shared.charge(id, 1n)));
  assert.deepEqual(
    results.map(({ balance }) => balance.availableAtoms),
    [99n, 99n, 99n],
  );
});

const noPeer = () => Promise.reject(new Error("an own amount needs no peer"));
const rating = new Rating({ price: noPeer }, { rate: noPeer, currency: noPeer });
const chargeOf = (accountId: string, amount: string, currencyCode = "USD"): ChargeRequest => ({
  accountId,
  price: {
    kind: "amount",
    money: { $typeName: "billing.type.v1.Money", currencyCode, amount },
    quoteId: "",
  },
  idempotency: idempotencyOf("Charge", [accountId, amount]),
  description: "",
  metadata: {},
});

test("an account is read for its first charge alone, and again once it is another one", async () => {
  const { redis, called } = noting(shared.redis);
  const billing = new Billing(new Ledger(new LedgerStore(redis)), rating);
  const accountId = await funded();
  for (const amount of ["1", "2", "3.00"]) await billing.charge(chargeOf(accountId, amount));
  assert.deepEqual(called, ["ledger1_read_account", "ledger1_charge", "ledger1_charge", "ledger1_charge"]);
  for (const [amount, reason] of [
    ["0", "AMOUNT_INVALID"],
    ["-1", "AMOUNT_INVALID"],
    ["1.5", "AMOUNT_INVALID"],
    ["1000", "INSUFFICIENT_FUNDS"],
  ] as const)
    await assert.rejects(billing.charge(chargeOf(accountId, amount)), { reason }, amount);

  const keys = accountKeys(accountId);
  const day = Math.floor(Date.now() / 86_400_000);
  for (const key of [keys.account, keys.journal, keys.idempotency(day)]) await shared.command("DEL", key);
  const settings = { priceBook: "", labels: {}, lowBalanceThresholds: [] };
  const terms = { currencyCode: "USD", ledgerScale: 2, creditLimitAtoms: 500n, settings };
  await shared.ledger.createAccount({ accountId, ...terms });
  const { transaction } = await billing.charge(chargeOf(accountId, "1.25"));
  assert.equal(transaction.amountAtoms, -125n);
});

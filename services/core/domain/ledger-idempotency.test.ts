import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accountKeys } from "../store/keys.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { dumpKeys, readServerTimeMs, waitUntilServerTime } from "../store/testing/test-store.ts";
import { CoreError } from "./core-error.ts";
import { decodeReservationId, encodeReservationId } from "./resource-id.ts";
import type { HoldResult, PostingResult } from "./results.ts";
import { idempotencyOf, ledgerOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

const dayMs = 86_400_000;
let shared: TestLedger;
before(async () => {
  shared = await startTestLedger();
});
after(() => shared.stop());

let accounts = 0;
async function fundedAccount(amountAtoms = 1_000n): Promise<string> {
  const accountId = `idem-${++accounts}`;
  await shared.create(accountId);
  await shared.credit(accountId, amountAtoms);
  return accountId;
}

async function todayOf(): Promise<number> {
  return Math.floor((await readServerTimeMs(shared)) / dayMs);
}

/** Every operation that moves money, each on a hold of its own where it needs one. */
type Call = () => Promise<PostingResult>;
async function everyOperation(accountId: string): Promise<Array<readonly [method: string, call: Call]>> {
  const [partly, whole, over, freed, expired, late] = await Promise.all(
    [60_000, 60_000, 60_000, 60_000, 1, 1].map((holdTtlMs) =>
      shared.reserve(accountId, 10n, { holdTtlMs, terms: '{"rate":"1.1"}' }),
    ),
  );
  await waitUntilServerTime(shared, late!.reservation.expiresMs);
  const memo = '{"description":"Grüße ✓","metadata":{"a":"b"}}';
  const idempotency = (method: string) => idempotencyOf(method, memo, `repeat-${accountId}`);
  const id = (result: HoldResult | undefined): string => result!.reservation.reservationId;
  const commit = (method: string, result: HoldResult | undefined, amount: bigint, more = {}) =>
    [
      method,
      () => shared.commit(id(result), amount, { memo, idempotency: idempotency(method), ...more }),
    ] as const;
  const credit = { memo, idempotency: idempotency("Credit"), externalReference: `pi_${accountId}` };
  const reserve = { memo, idempotency: idempotency("Reserve"), terms: '{"locked":[1]}' };
  return [
    ["Credit", () => shared.credit(accountId, 7n, credit)],
    ["Charge", () => shared.charge(accountId, 3n, { memo, idempotency: idempotency("Charge") })],
    ["Reserve", () => shared.reserve(accountId, 4n, reserve)],
    commit("Commit part", partly, 4n, { keepOpen: true }),
    commit("Commit", whole, 4n),
    commit("Commit over", over, 5_000n, { overage: "CAP" }),
    commit("Commit late", late, 6n, { acceptExpired: true }),
    ["Release", () => shared.release(id(freed), { memo, idempotency: idempotency("Release") })],
    [
      "Release expired",
      () => shared.release(id(expired), { memo, idempotency: idempotency("Release expired") }),
    ],
  ];
}

test("a repeated call gets the first answer exactly, from the operation and from findReplay alike", async () => {
  const accountId = await fundedAccount();
  const calls = await everyOperation(accountId);
  const replayOf = (method: string) =>
    shared.ledger.findReplay(
      accountId,
      idempotencyOf(method, '{"description":"Grüße ✓","metadata":{"a":"b"}}', `repeat-${accountId}`),
    );
  const first: PostingResult[] = [];
  for (const [method, call] of calls) {
    assert.equal(await replayOf(method), undefined, `${method} is new`);
    const answer = await call();
    assert.equal(answer.idempotentReplay, false, method);
    first.push(answer);
  }
  await shared.credit(accountId, 100n);
  const { columns, sequence } = await auditAccount(shared, accountId);
  for (const [number, [method, call]] of calls.entries()) {
    const expected = { ...first[number], idempotentReplay: true };
    assert.deepEqual(await call(), expected, method);
    assert.deepEqual(await replayOf(method), { reservation: undefined, ...expected }, method);
  }
  const again = await auditAccount(shared, accountId);
  assert.deepEqual([again.columns, again.sequence], [columns, sequence], "nothing was done again");
});

test("findReplay finds a credit by its reference, refuses another amount, and knows no unknown account", async () => {
  const accountId = await fundedAccount();
  const first = await shared.credit(accountId, 5n, { externalReference: "pi_1", amountSent: "EUR:5" });
  const reference = { source: "admin", externalReference: "pi_1", amountSent: "EUR:5" };
  const fresh = () => idempotencyOf("Credit", "another request");
  const replay = await shared.ledger.findReplay(accountId, fresh(), reference);
  assert.deepEqual(replay, { ...first, idempotentReplay: true, reservation: undefined });
  await assert.rejects(shared.ledger.findReplay(accountId, fresh(), { ...reference, amountSent: "EUR:6" }), {
    reason: "REFERENCE_REUSED",
    metadata: { transaction_id: first.transaction.transactionId },
  });
  const otherSource = { ...reference, source: "stripe" };
  assert.equal(await shared.ledger.findReplay(accountId, fresh(), otherSource), undefined);
  assert.equal(await shared.ledger.findReplay("nobody", fresh(), reference), undefined);
});

test("one key with another request is refused by every operation and by findReplay", async () => {
  const accountId = await fundedAccount();
  const used = idempotencyOf("Charge", "first", "used");
  await shared.charge(accountId, 1n, { idempotency: used });
  const other = idempotencyOf("Charge", "second", "used");
  const { reservation } = await shared.reserve(accountId, 1n);
  const reused = { reason: "IDEMPOTENCY_KEY_REUSED" };
  await assert.rejects(shared.charge(accountId, 1n, { idempotency: other }), reused);
  await assert.rejects(shared.credit(accountId, 1n, { idempotency: other }), reused);
  await assert.rejects(shared.reserve(accountId, 1n, { idempotency: other }), reused);
  await assert.rejects(shared.commit(reservation.reservationId, 1n, { idempotency: other }), reused);
  await assert.rejects(shared.release(reservation.reservationId, { idempotency: other }), reused);
  await assert.rejects(shared.ledger.findReplay(accountId, other), reused);
});

test("fifty calls at once with one key have one effect and one answer", async () => {
  const accountId = await fundedAccount();
  for (const [method, call] of await everyOperation(accountId)) {
    const before = (await auditAccount(shared, accountId)).sequence;
    const answers = await Promise.all(Array.from({ length: 50 }, call));
    assert.equal(answers.filter(({ idempotentReplay }) => !idempotentReplay).length, 1, method);
    const contents = answers.map((answer) => ({ ...answer, idempotentReplay: false }));
    for (const content of contents) assert.deepEqual(content, contents[0]);
    const entries = (await auditAccount(shared, accountId)).sequence - before;
    assert.equal(entries, method === "Commit late" ? 2 : 1, `entries of ${method}`);
  }
});

test("a record answers on its day and the two after it, and is gone on the fourth", async () => {
  const accountId = await fundedAccount();
  const keys = accountKeys(accountId);
  const today = await todayOf();
  const idempotency = idempotencyOf("Charge", "same");
  const charge = () => shared.charge(accountId, 1n, { idempotency });
  await charge();
  for (const [age, replayed] of [
    [1, true],
    [2, true],
    [3, false],
  ] as const) {
    await shared.command("RENAME", keys.idempotency(today - age + 1), keys.idempotency(today - age));
    assert.equal((await charge()).idempotentReplay, replayed, `${age} days later`);
  }
});

test("records and settled holds expire when the layout says, and a late commit prolongs its hold", async () => {
  const accountId = await fundedAccount();
  const keys = accountKeys(accountId);
  const today = await todayOf();
  const expiryOf = (key: string) => shared.command<number>("PEXPIRETIME", key);
  const { reservation } = await shared.reserve(accountId, 10n);
  await shared.commit(reservation.reservationId, 1n);
  assert.equal(await expiryOf(keys.idempotency(today)), (today + 4) * dayMs);
  assert.equal(await expiryOf(keys.settledHolds(today)), (today + 9) * dayMs);
  for (const key of [keys.account, keys.journal, keys.outbox, keys.listing])
    assert.equal(await expiryOf(key), -1, key);

  const { reservation: old } = await shared.reserve(accountId, 10n);
  const { sequence } = decodeReservationId(old.reservationId)!;
  const oldDay = today - 8;
  const record = await shared.command<string>("HGET", keys.openHolds, `${sequence}.${today}`);
  await shared.command("HDEL", keys.openHolds, `${sequence}.${today}`);
  await shared.command("HSET", keys.openHolds, `${sequence}.${oldDay}`, record.replace(/,\d+,R,/, ",1,R,"));
  const oldId = encodeReservationId({ accountId, sequence, day: oldDay });
  await shared.ledger.expireHold(oldId);
  await shared.commit(oldId, 1n, { acceptExpired: true });
  assert.equal(await expiryOf(keys.settledHolds(oldDay)), (today + 4) * dayMs);
});

for (const shiftDays of [-400, -1, 1, 3]) {
  test(`a service whose clock is ${shiftDays} days off finds the right day and repeats nothing`, async () => {
    const accountId = await fundedAccount();
    const store = new LedgerStore(shared.redis, () => Date.now() + shiftDays * dayMs);
    const shifted = ledgerOf(shared, store);
    const idempotency = idempotencyOf("Charge", "same");
    const first = await shifted.charge(accountId, 1n, { idempotency });
    const again = await shared.charge(accountId, 1n, { idempotency });
    assert.deepEqual(again, { ...first, idempotentReplay: true });
    const { reservation } = await shifted.reserve(accountId, 1n);
    assert.equal(decodeReservationId(reservation.reservationId)?.day, await todayOf());
    await shared.commit(reservation.reservationId, 1n);
  });
}

test("a function called with keys of another day refuses and names the right one, with no write", async () => {
  const accountId = await fundedAccount();
  const keys = accountKeys(accountId);
  const today = await todayOf();
  const wrong = today + 1;
  const functionKeys = [
    ...[keys.account, keys.journal, keys.outbox, keys.grants, keys.expiryIndex],
    ...[wrong, wrong - 1, wrong - 2].map(keys.idempotency),
  ];
  const args = [accountId, String(wrong), "0123456789abcdef", "0123456789abcdef", "k", "", "1"];
  const before = await dumpKeys(shared);
  await assert.rejects(shared.redis.callFunction("ledger1_charge", functionKeys, args), {
    message: `WRONG_DAY {"day":"${today}"}`,
  });
  assert.deepEqual(await dumpKeys(shared), before);
});

test("after a step back of the clock, entries keep their order and records of the later day still answer", async () => {
  const accountId = await fundedAccount();
  const keys = accountKeys(accountId);
  const tomorrowMs = (await readServerTimeMs(shared)) + dayMs;
  await shared.command("HSET", keys.account, "t", String(tomorrowMs));
  const idempotency = idempotencyOf("Charge", "same");
  const first = await shared.charge(accountId, 1n, { idempotency });
  assert.equal(first.transaction.createdMs, tomorrowMs);
  const again = await shared.charge(accountId, 1n, { idempotency });
  assert.deepEqual(again, { ...first, idempotentReplay: true });
});

test("commits, releases and expiries that race at the expiry of a hold have one outcome", async () => {
  const outcomes = new Set<string>();
  // How long before the expiry the calls are sent; follows the border between the outcomes, wherever the
  // machine's speed puts it.
  let leadMs = 1;
  for (let round = 0; round < 60; round++) {
    const accountId = await fundedAccount(100n);
    const { reservation } = await shared.reserve(accountId, 60n, { holdTtlMs: 8 + 2 * leadMs });
    const id = reservation.reservationId;
    await waitUntilServerTime(shared, reservation.expiresMs - leadMs);
    const calls = [1, 2, 3].flatMap(() => [
      shared.commit(id, 25n).then(() => "committed"),
      shared.release(id).then(({ reservation: { state } }) => state),
      shared.ledger.expireHold(id).then((expired) => (expired ? "expired" : "unchanged")),
    ]);
    const answers = (await Promise.allSettled(calls)).map((answer) => {
      if (answer.status === "fulfilled") return answer.value;
      assert.ok(answer.reason instanceof CoreError);
      return answer.reason.reason;
    });
    const { columns, openHolds } = await auditAccount(shared, accountId);
    const { reservation: final } = await shared.ledger.getReservation(id);
    const committed = answers.filter((answer) => answer === "committed").length;
    assert.ok(committed <= 1 && openHolds.size === 0);
    assert.deepEqual(columns, committed === 1 ? [75n, 0n, 100n, 25n, 0n] : [100n, 0n, 100n, 0n, 0n]);
    assert.equal(final.state === "COMMITTED", committed === 1);
    outcomes.add(final.state);
    leadMs = final.state === "COMMITTED" ? Math.floor(leadMs / 2) : Math.min(2 * leadMs + 1, 1_000);
  }
  assert.deepEqual([...outcomes].sort(), ["COMMITTED", "EXPIRED"], "both sides of the expiry were tried");
});

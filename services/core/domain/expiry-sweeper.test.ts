import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Clock, systemClock } from "#platform/clock/clock.ts";
import { waitUntil } from "#platform/testing/eventually.ts";
import { accountKeys } from "../store/keys.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { readServerTimeMs, waitUntilServerTime } from "../store/testing/test-store.ts";
import { startSweeper } from "./testing/counting-sweeper.ts";
import { inTime } from "./testing/in-time.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger();
});
after(() => shared.stop());

let accounts = 0;
async function funded(ledger: TestLedger, amount = 1_000n): Promise<string> {
  const accountId = `sweep:${++accounts}`;
  await ledger.create(accountId);
  await ledger.credit(accountId, amount);
  return accountId;
}

async function reservedOf(ledger: TestLedger, accountId: string): Promise<bigint> {
  return (await ledger.ledger.getAccount(accountId)).balance.reservedAtoms;
}

test("holds are freed after their time and never before; captures are captured", async () => {
  const accountId = await funded(shared);
  const sweeper = startSweeper(shared);
  const { reservation: long } = await shared.reserve(accountId, 5n);
  const { reservation: short } = await shared.reserve(accountId, 7n, { holdTtlMs: 50 });
  const { reservation: capture } = await shared.reserve(accountId, 11n, {
    holdTtlMs: 50,
    onExpiry: "CAPTURE",
  });
  await waitUntil("both expired", async () => (await reservedOf(shared, accountId)) === 5n);
  await sweeper.stop();
  const { columns, entries } = await auditAccount(shared, accountId);
  assert.deepEqual(columns, [984n, 5n, 1000n, 11n, 0n]);
  const expiries = entries.filter(({ type }) => type === "HOLD_EXPIRED");
  assert.equal(expiries.length, 2);
  for (const { timeMs, hold } of expiries) assert.ok(timeMs >= hold!.expiresMs);
  const stateOf = async (id: string) => (await shared.ledger.getReservation(id)).reservation.state;
  assert.deepEqual(
    [
      await stateOf(long.reservationId),
      await stateOf(short.reservationId),
      await stateOf(capture.reservationId),
    ],
    ["HELD", "EXPIRED", "COMMITTED"],
  );
});

test("grants that are due expire, those of a later time stay", async () => {
  const accountId = await funded(shared, 10n);
  const sweeper = startSweeper(shared);
  const grantFor = async (amount: bigint, aheadMs: number) => {
    const expiresMs = (await readServerTimeMs(shared)) + aheadMs;
    await shared.credit(accountId, amount, { grant: { priority: 0, expiresMs } });
  };
  await inTime(50, (aheadMs) => grantFor(5n, aheadMs));
  await grantFor(7n, 3_600_000);
  await waitUntil("the first grant expired", async () => {
    const { balance } = await shared.ledger.getAccount(accountId);
    return balance.expiredAtoms === 5n && balance.availableAtoms === 17n;
  });
  await sweeper.stop();
});

test("several sweepers at once expire each hold once", async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => funded(shared)));
  await Promise.all(
    ids.flatMap((id) => Array.from({ length: 20 }, () => shared.reserve(id, 1n, { holdTtlMs: 1 }))),
  );
  const sweepers = [startSweeper(shared), startSweeper(shared), startSweeper(shared)];
  await waitUntil("all expired", async () => {
    const reserved = await Promise.all(ids.map((id) => reservedOf(shared, id)));
    return reserved.every((atoms) => atoms === 0n);
  });
  await Promise.all(sweepers.map(({ stop }) => stop()));
  assert.equal(
    sweepers.reduce((sum, { seen }) => sum + seen.performed, 0),
    400,
  );
  for (const id of ids) assert.equal((await auditAccount(shared, id)).sequence, 2 + 20 + 20);
});

test("a commit that races the sweeper has exactly one outcome", async () => {
  const sweepers = [startSweeper(shared), startSweeper(shared)];
  const outcomes = { committed: 0, expired: 0 };
  for (let round = 0; round < 60; round++) {
    const accountId = await funded(shared, 10n);
    const { reservation } = await shared.reserve(accountId, 10n, { holdTtlMs: 1 + (round % 30) });
    // Some commits come well before the end, some after it, many about it.
    await waitUntilServerTime(shared, reservation.expiresMs - 15 + (round % 20));
    const outcome = await shared.commit(reservation.reservationId, 10n).then(
      () => "committed" as const,
      (error: { reason: string }) => {
        assert.equal(error.reason, "RESERVATION_EXPIRED");
        return "expired" as const;
      },
    );
    outcomes[outcome] += 1;
    const { columns, entries } = await auditAccount(shared, accountId);
    assert.deepEqual(columns, outcome === "committed" ? [0n, 0n, 10n, 10n, 0n] : [10n, 0n, 10n, 0n, 0n]);
    assert.equal(entries.length, 4, "one entry settles the hold");
  }
  await Promise.all(sweepers.map(({ stop }) => stop()));
  assert.ok(outcomes.expired > 0);
});

test("what can't be expired stands in nobody's way", async () => {
  await using own = await startTestLedger();
  const broken = await funded(own);
  const sound = await funded(own);
  const index = accountKeys(sound).expiryIndex;
  for (let number = 0; number < 70; number++) {
    await own.command("ZADD", index, "1", `h:${number + 1}:1:nobody`);
  }
  await own.command("ZADD", index, "1", "x:unknown");
  await own.reserve(broken, 1n, { holdTtlMs: 1 });
  await own.command("SET", accountKeys(broken).grants, "not what it was");
  await own.reserve(sound, 1n, { holdTtlMs: 1 });
  // By the system's clock they may be tried again at any moment, and count twice.
  const untried: Clock = { ...systemClock, monotonicMs: () => 0 };
  const sweeper = startSweeper(own, untried);
  await waitUntil("the sound one expired", async () => (await reservedOf(own, sound)) === 0n);
  await waitUntil("the others are reported", () => sweeper.seen.stuck.length === 72);
  await sweeper.stop();
  assert.equal(new Set(sweeper.seen.stuck).size, 72, "each once until they are tried again");
});

test("the sweeper goes on when Redis was away", async () => {
  await using own = await startTestLedger({ port: true });
  const accountId = await funded(own);
  const sweeper = startSweeper(own);
  await own.reserve(accountId, 1n, { holdTtlMs: 300 });
  await own.server.kill();
  await waitUntil("an outage noticed", () => sweeper.seen.failed > 0);
  await own.server.restart();
  await waitUntil(
    "expired after the outage",
    async () => (await reservedOf(own, accountId).catch(() => 1n)) === 0n,
  );
  await sweeper.stop();
});

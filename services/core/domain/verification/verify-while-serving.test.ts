import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bucketCount, bucketOf } from "#platform/redis/buckets.ts";
import { accountKeys } from "../../store/keys.ts";
import { readServerTimeMs, waitUntilServerTime } from "../../store/testing/test-store.ts";
import { inTime } from "../testing/in-time.ts";
import { startTestLedger, type TestLedger } from "../testing/test-ledger.ts";
import { AccountVerifier } from "./account-verifier.ts";
import { LedgerVerifier, type VerificationEvent } from "./ledger-verifier.ts";

let ledger: TestLedger;
let verifier: AccountVerifier;
const calm = new AbortController().signal;

before(async () => {
  ledger = await startTestLedger();
  verifier = new AccountVerifier(ledger.store);
});
after(() => ledger?.stop());

/** Credits, grants, charges, holds, partial commits, releases and short holds, one after the other. */
async function useAccount(accountId: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await ledger.credit(accountId, 100n, {
      source: "stripe",
      externalReference: `${accountId}-${round}-${Math.random()}`,
    });
    if (round % 2 === 0) await grantTo(accountId, round);
    await ledger.charge(accountId, 3n);
    const { reservation } = await ledger.reserve(accountId, 10n);
    await ledger.commit(reservation.reservationId, 4n, { keepOpen: round % 2 === 0 });
    if (round % 4 === 0) await ledger.release(reservation.reservationId);
    await ledger.reserve(accountId, 1n, { holdTtlMs: 1, onExpiry: round % 2 ? "CAPTURE" : "RELEASE" });
  }
}

/** Of both kinds; some end while the others are used. */
async function grantTo(accountId: string, round: number): Promise<void> {
  const [kind, priority] = round % 4 === 0 ? (["PROMOTIONAL", 10] as const) : (["PURCHASED", 60] as const);
  await inTime(round % 3 === 0 ? 1_000 : 600_000, async (aheadMs) => {
    const expiresMs = (await readServerTimeMs(ledger)) + aheadMs;
    await ledger.credit(accountId, 7n, { kind, grant: { priority, expiresMs } });
  });
}

describe("verification while the ledger serves", () => {
  test("finds nothing wrong, and skips nothing of an account whose records fit a page", async () => {
    const accountId = "busy";
    await ledger.create(accountId);
    let busy = true;
    // 52 grants, of the 64 that may be active at once.
    const load = Promise.all(Array.from({ length: 4 }, () => useAccount(accountId, 25))).finally(() => {
      busy = false;
    });
    let runs = 0;
    while (busy) {
      const { faults, holdsSkipped } = await verifier.verify(accountId, calm);
      assert.deepEqual(faults, []);
      assert.equal(holdsSkipped, false);
      runs += 1;
    }
    await load;
    assert.ok(runs > 0);
    const { entriesChecked, sequence } = await verifier.verify(accountId, calm);
    assert.equal(entriesChecked, sequence);
    assert.ok(sequence > 500);
  });

  test("finds nothing wrong with a grant that ran out while all of it was held, and was swept", async () => {
    const accountId = "run-out";
    await ledger.create(accountId);
    const { transaction } = await inTime(100, async (aheadMs) => {
      const expiresMs = (await readServerTimeMs(ledger)) + aheadMs;
      const credited = await ledger.credit(accountId, 7n, { grant: { priority: 10, expiresMs } });
      await ledger.reserve(accountId, 7n);
      await waitUntilServerTime(ledger, expiresMs);
      return credited;
    });
    assert.equal(await ledger.ledger.expireGrant(accountId, transaction.sequence), false);
    const index = accountKeys(accountId).expiryIndex;
    assert.equal(await ledger.command("ZSCORE", index, `g:${transaction.sequence}:${accountId}`), null);
    assert.deepEqual((await verifier.verify(accountId, calm)).faults, []);
  });

  test("compares holds beyond one page when nothing changes, and says so when they keep changing", async () => {
    const accountId = "many-holds";
    await ledger.create(accountId);
    await ledger.credit(accountId, 10_000n);
    await Promise.all(Array.from({ length: 1_200 }, () => ledger.reserve(accountId, 1n)));
    const quiet = await verifier.verify(accountId, calm);
    assert.deepEqual([quiet.faults, quiet.holdsSkipped], [[], false]);
    // Every reading of a page is followed by a change.
    const { store } = ledger;
    const restless = new AccountVerifier({
      run: async (call: Parameters<typeof store.run>[0]) => {
        const reply = await store.run(call);
        if (call.name === "scan_records") await ledger.charge(accountId, 1n);
        return reply;
      },
      serverTimeMs: (id: string) => store.serverTimeMs(id),
    } as typeof store);
    const loud = await restless.verify(accountId, calm);
    assert.deepEqual([loud.faults, loud.holdsSkipped], [[], true]);
  });

  test("an unknown account is ACCOUNT_NOT_FOUND", async () => {
    await assert.rejects(verifier.verify("nobody", calm), { reason: "ACCOUNT_NOT_FOUND" });
  });
});

async function collect(events: AsyncIterable<VerificationEvent>): Promise<VerificationEvent[]> {
  const all: VerificationEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe("verification of the whole ledger", () => {
  test("reads every account, names those with faults, and ends with the sums", async () => {
    await using other = await startTestLedger();
    const ids = Array.from({ length: 40 }, (_, index) => `account-${index}`);
    await Promise.all(ids.map((id) => other.create(id)));
    await Promise.all(ids.map((id) => other.credit(id, 10n)));
    await other.command("HSET", accountKeys("account-7").account, "a", "11");
    await other.command("DEL", accountKeys("account-8").account);
    await other.command("ZADD", accountKeys("account-9").listing, "0", "account-9-that-never-was");
    const all = new LedgerVerifier(other.redis, new AccountVerifier(other.store));
    const events = await collect(all.run(calm));
    const accounts = events.flatMap((event) => ("account" in event ? [event.account] : []));
    const wrong = accounts.filter(({ faults }) => faults.length > 0).map(({ accountId }) => accountId);
    assert.equal(accounts.length, 41);
    assert.deepEqual(wrong.sort(), ["account-7", "account-8", "account-9-that-never-was"]);
    assert.deepEqual(events.at(-1), {
      sums: { accountsChecked: 41, accountsInconsistent: 3, entriesChecked: 78 },
      complete: true,
    });
  });

  test("may begin with any bucket, and reads every account once all the same", async () => {
    await using other = await startTestLedger();
    const ids = Array.from({ length: 30 }, (_, index) => `account-${index}`);
    await Promise.all(ids.map((id) => other.create(id)));
    const all = new LedgerVerifier(other.redis, new AccountVerifier(other.store));
    for (const firstBucket of [1, 255]) {
      const events = await collect(all.run(calm, { accountsAtOnce: 1, firstBucket }));
      const read = events.flatMap((event) => ("account" in event ? [event.account.accountId] : []));
      const places = read.map((id) => (bucketOf(id) - firstBucket + bucketCount) % bucketCount);
      assert.deepEqual(
        places,
        [...places].sort((left, right) => left - right),
      );
      assert.deepEqual(read.sort(), [...ids].sort());
    }
  });

  test("stops when its caller goes away", async () => {
    await using other = await startTestLedger();
    await Promise.all(Array.from({ length: 30 }, (_, index) => other.create(`account-${index}`)));
    const caller = new AbortController();
    const all = new LedgerVerifier(other.redis, new AccountVerifier(other.store));
    let seen = 0;
    await assert.rejects(
      async () => {
        for await (const _ of all.run(caller.signal)) {
          seen += 1;
          if (seen === 3) caller.abort();
        }
      },
      { name: "AbortError" },
    );
    assert.ok(seen < 10, "nothing but what was under way comes after");
  });
});

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bucketOf, bucketTags } from "#platform/redis/buckets.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { readCrossings, removeCrossings, type StoredCrossing } from "../../store/crossing-stream.ts";
import { beat, hasLostEntries } from "../../store/intake/outboxes.ts";
import { ledgerShards, shardOfBucket } from "../../store/shard-keys.ts";
import type { AccountRule } from "../account-alerts/account-crossing.ts";
import { formatFigure } from "../metrics/figure.ts";
import { bucketsOf } from "./intake.ts";
import type { LedgerEvent } from "./ledger-event.ts";
import type { LedgerJournal } from "./ledger-journal.ts";
import { ShardIntake } from "./shard-intake.ts";
import { readAllLevels, readAllTotals } from "./shard-state.ts";

const unit = "\u001f";
const none = new AbortController().signal;

let server: TestRedis;
let redis: Redis;
before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test", onError: () => {} });
});
after(async () => {
  await redis?.close();
  await server?.stop();
});

const lowBalance: AccountRule = {
  kind: "low_balance",
  ruleId: "low",
  defaultLevels: [{ name: "low", threshold: { amount: "1", currencyCode: "USD" } }],
  rearmPercent: "10",
};

/** A ledger of its own: what is published, and what only the journal has. */
async function createLab() {
  await redis.command("", ["FLUSHALL"]);
  const journal = new Map<string, LedgerEvent[]>();
  const reads: string[] = [];
  const core: LedgerJournal = {
    async readFacts(accountId) {
      if (!journal.has(accountId)) return undefined;
      return { currencyCode: "USD", ledgerScale: 2, thresholds: [] };
    },
    async *readEvents(accountId, afterSequence) {
      reads.push(accountId);
      for (const event of journal.get(accountId)!.filter(({ sequence }) => sequence > afterSequence))
        yield [event];
    },
    async *listAccounts() {},
  };
  const skipped: string[] = [];
  const observer = {
    counted() {},
    gapFound() {},
    refilled() {},
    skipped: (accountId: string) => skipped.push(accountId),
    lost() {},
    caughtUp() {},
    failed() {},
  };
  const open = (accountId: string) => {
    const shard = shardOfBucket(bucketOf(accountId));
    return new ShardIntake({
      redis,
      shard,
      buckets: bucketsOf(shard),
      journal: core,
      rules: { current: () => [lowBalance] },
      observer,
    });
  };
  return { redis, journal, reads, skipped, open };
}
type Lab = Awaited<ReturnType<typeof createLab>>;

/** Appends a charge of some cents to an account's journal and, unless it is to be missing, to its outbox. */
async function charge(lab: Lab, accountId: string, postedAtoms: bigint, publishes = true): Promise<void> {
  const events = lab.journal.get(accountId) ?? [];
  lab.journal.set(accountId, events);
  const sequence = events.length + 1;
  const atMs = Date.now();
  events.push({
    accountId,
    sequence,
    atMs,
    type: "CHARGE",
    postedAtoms,
    reservedAtoms: 0n,
    creditLimitAtoms: 0n,
    legs: [
      { column: "available", amountAtoms: -7n, kind: "purchased" },
      { column: "spent", amountAtoms: 7n, kind: "purchased" },
    ],
    openHoldsChange: 0,
    source: "",
    uncollectedAtoms: 0n,
  });
  if (!publishes) return;
  const text = ["1", sequence, atMs, "D", postedAtoms, 0, 0, 0, 0, 0, "a-7;s7"].join(unit);
  const key = `{${bucketTags[bucketOf(accountId)]}}:o`;
  await lab.redis.command(key, ["XADD", key, "*", "a", accountId, "q", String(sequence), "e", text]);
}

/** Charges counted, money spent, and what is owed. */
async function counted({ redis }: Lab) {
  const totals = await readAllTotals(redis, ledgerShards);
  const levels = await readAllLevels(redis, ledgerShards);
  const of = (series: string) => formatFigure(totals.get(series) ?? 0n);
  return {
    charges: of(`billing_charges_total USD${unit}charge`),
    spent: of(`billing_spent_total USD${unit}purchased`),
    liabilities: formatFigure(levels.get("USD")?.get("liabilities") ?? 0n),
  };
}

async function countAll(intake: ShardIntake): Promise<void> {
  while (await intake.countNext(none));
}

describe("an intake", () => {
  test("counts each event once, also when it begins anew after each read", async () => {
    const lab = await createLab();
    for (let round = 0; round < 5; round++) {
      await charge(lab, "acct", 100n + BigInt(round));
      await countAll(lab.open("acct"));
    }
    assert.deepEqual(await counted(lab), { charges: "5", spent: "0.35", liabilities: "1.04" });
  });

  test("counts each event once when two count the same shard at the same time", async () => {
    const lab = await createLab();
    for (let round = 0; round < 600; round++) await charge(lab, "acct", 100n);
    const both = [lab.open("acct"), lab.open("acct")];
    const conflicts: string[] = [];
    const countStubbornly = async (intake: ShardIntake) => {
      for (let more = true; more; ) {
        more = await intake.countNext(none).catch((error: Error) => {
          conflicts.push(error.name);
          return true;
        });
      }
    };
    await Promise.all(both.map(countStubbornly));
    assert.deepEqual(new Set(conflicts), new Set(["ShardConflict"]));
    assert.deepEqual(await counted(lab), { charges: "600", spent: "42", liabilities: "1" });
  });

  test("takes from the journal what the outbox lacks, and leaves it out when it comes late", async () => {
    const lab = await createLab();
    await charge(lab, "acct", 300n);
    await charge(lab, "acct", 200n, false);
    await charge(lab, "acct", 100n, false);
    await charge(lab, "acct", 50n);
    await countAll(lab.open("acct"));
    assert.deepEqual(lab.reads, ["acct"]);
    assert.deepEqual(await counted(lab), { charges: "4", spent: "0.28", liabilities: "0.5" });
    await charge(lab, "acct", 40n);
    await lab.open("acct").refill("acct", none);
    await countAll(lab.open("acct"));
    assert.deepEqual(await counted(lab), { charges: "5", spent: "0.35", liabilities: "0.4" });
  });

  test("leaves out events of an account that nobody knows, and goes on", async () => {
    const lab = await createLab();
    await charge(lab, "ghost", 100n);
    lab.journal.delete("ghost");
    await countAll(lab.open("ghost"));
    assert.deepEqual(lab.skipped, ["ghost"]);
    assert.deepEqual(await counted(lab), { charges: "0", spent: "0", liabilities: "0" });
  });

  test("tells of a crossing once, in the step that counts it", async () => {
    const lab = await createLab();
    await charge(lab, "acct", 300n);
    await charge(lab, "acct", 100n);
    await Promise.allSettled([lab.open("acct"), lab.open("acct")].map(countAll));
    await countAll(lab.open("acct"));
    const crossings = await readCrossings(lab.redis);
    const [{ data }] = crossings as [StoredCrossing];
    assert.equal(crossings.length, 1);
    assert.deepEqual(JSON.parse(data).id, "acct/2/low/low/fired");
    await removeCrossings(lab.redis, crossings);
    assert.deepEqual(await readCrossings(lab.redis), []);
  });
});

describe("the ledger's record of readers", () => {
  test("keeps the mark of a lagged reader until it has made up for what it missed", async () => {
    const lab = await createLab();
    const key = `{${bucketTags[3]}}:w`;
    const stored = () => lab.redis.command<string | null>(key, ["HGET", key, "monitoring"]);
    assert.deepEqual(await beat(lab.redis, 3, "5-0", false), { lagged: false });
    assert.match(String(await stored()), /^5-0,\d{13}$/);
    await lab.redis.command(key, ["HSET", key, "monitoring", "5-0,1,lagged"]);
    assert.deepEqual(await beat(lab.redis, 3, "7-0", false), { lagged: true });
    assert.equal(await stored(), "5-0,1,lagged");
    assert.deepEqual(await beat(lab.redis, 3, "7-0", true), { lagged: false });
    assert.match(String(await stored()), /^7-0,\d{13}$/);
  });

  test("tells whether entries after a position were trimmed", async () => {
    const lab = await createLab();
    const key = `{${bucketTags[3]}}:o`;
    for (const id of ["1-0", "2-0", "3-0"]) await lab.redis.command(key, ["XADD", key, id, "a", "b"]);
    assert.equal(await hasLostEntries(lab.redis, 3, "0-0"), false);
    await lab.redis.command(key, ["XTRIM", key, "MINID", "3-0"]);
    assert.equal(await hasLostEntries(lab.redis, 3, "1-0"), true);
    assert.equal(await hasLostEntries(lab.redis, 3, "3-0"), false);
    assert.equal(await hasLostEntries(lab.redis, 4, "0-0"), false);
  });
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bucketOf } from "#platform/redis/buckets.ts";
import { waitUntil } from "#platform/testing/eventually.ts";
import { type TrimmedOutbox, trimOutboxCall } from "../store/calls/trim-outbox.ts";
import { JournalReader } from "../store/journal-reader.ts";
import { bucketKeys } from "../store/keys.ts";
import { readServerTimeMs } from "../store/testing/test-store.ts";
import { BalanceReading } from "./balance-reading.ts";
import { OutboxTrimmer } from "./outbox-trimmer.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import { BalanceHub } from "./watch/balance-hub.ts";
import { BalanceWatch } from "./watch/balance-watch.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger();
});
after(() => shared.stop());

let lastBucket = 0;

/** A bucket of its own with entries `<first>-0` to `<last>-0`, all of them long ago, and its readers. */
async function bucketWith(entries: number) {
  const bucket = ++lastBucket;
  const { outbox, outboxReaders } = bucketKeys(bucket);
  for (let number = 1; number <= entries; number++)
    await shared.command("XADD", outbox, `${number}-0`, "a", "x", "q", String(number), "e", "text");
  return {
    outbox,
    /** Says how far a reader is, `agoMs` ago. */
    heartbeat: async (readerId: string, position: string, agoMs = 0) => {
      const value = `${position},${(await readServerTimeMs(shared)) - agoMs}`;
      await shared.command("HSET", outboxReaders, readerId, value);
    },
    readers: async () =>
      Object.fromEntries(
        Object.entries(await shared.command<Record<string, string>>("HGETALL", outboxReaders)).map(
          ([readerId, value]) => [readerId, value.replace(/,\d{13,}/, "")],
        ),
      ),
    ids: async () =>
      (await shared.command<[string, string[]][]>("XRANGE", outbox, "-", "+")).map(([id]) => id.slice(0, -2)),
    trim: (bounds: Partial<Parameters<typeof trimOutboxCall>[1]> = {}): Promise<TrimmedOutbox> =>
      shared.store.run(
        trimOutboxCall(bucket, { mostEntries: 100, readerSilenceMs: 60_000, tailMs: 5_000, ...bounds }),
      ),
  };
}

test("what the slowest reader has processed goes, its position and what comes after it stay", async () => {
  const { heartbeat, trim, ids, readers } = await bucketWith(10);
  await heartbeat("fast", "9-0");
  await heartbeat("slow", "4-0");
  assert.deepEqual(await trim(), { length: 7, removed: 3, laggedReaders: [] });
  assert.deepEqual(await ids(), ["4", "5", "6", "7", "8", "9", "10"]);
  assert.deepEqual(await trim(), { length: 7, removed: 0, laggedReaders: [] });
  await heartbeat("slow", "10-0");
  await trim();
  assert.deepEqual(await ids(), ["9", "10"]);
  assert.deepEqual(await readers(), { fast: "9-0", slow: "10-0" });
});

test("a reader that registers at the beginning keeps everything", async () => {
  const { heartbeat, trim, ids } = await bucketWith(5);
  await heartbeat("new", "0-0");
  await trim();
  assert.equal((await ids()).length, 5);
});

test("without readers the last entry stays, and what is younger than the tail", async () => {
  const { trim, ids, outbox } = await bucketWith(5);
  assert.equal((await trim()).removed, 4);
  assert.deepEqual(await ids(), ["5"]);
  for (let number = 0; number < 20; number++) await shared.command("XADD", outbox, "*", "a", "x");
  await trim({ tailMs: 60_000 });
  assert.equal((await ids()).length, 20);
  assert.equal((await trim({ mostEntries: 7, tailMs: 60_000 })).length, 7, "the bound is above the tail");
});

test("a silent reader is marked and not waited for until its next heartbeat", async () => {
  const { heartbeat, trim, ids, readers } = await bucketWith(10);
  await heartbeat("dead", "2-0", 61_000);
  await heartbeat("live", "7-0");
  assert.deepEqual((await trim()).laggedReaders, [{ readerId: "dead", markedNow: true }]);
  assert.deepEqual(await readers(), { dead: "2-0,lagged", live: "7-0" });
  assert.deepEqual((await ids())[0], "7");
  assert.deepEqual((await trim()).laggedReaders, [{ readerId: "dead", markedNow: false }]);
  await heartbeat("dead", "8-0");
  await heartbeat("live", "10-0");
  assert.deepEqual((await trim()).laggedReaders, []);
  assert.deepEqual(await ids(), ["8", "9", "10"]);
});

test("only readers that are too far behind are marked, and no other loses an entry", async () => {
  const { heartbeat, trim, ids, readers } = await bucketWith(30);
  await heartbeat("hopeless", "3-0");
  await heartbeat("late", "10-0");
  await heartbeat("good", "25-0");
  const outbox = await trim({ mostEntries: 10 });
  assert.deepEqual(
    outbox.laggedReaders.map(({ readerId }) => readerId),
    ["hopeless", "late"],
  );
  assert.deepEqual(await readers(), { hopeless: "3-0,lagged", late: "10-0,lagged", good: "25-0" });
  assert.deepEqual(await ids(), ["25", "26", "27", "28", "29", "30"]);
});

test("young entries beyond the bound are kept for a reader that is near the end, not for the tail", async () => {
  const { heartbeat, trim, outbox } = await bucketWith(0);
  const written: string[] = [];
  for (let number = 0; number < 30; number++)
    written.push(await shared.command("XADD", outbox, "*", "a", "x"));
  await heartbeat("good", written[24]!);
  assert.deepEqual(await trim({ mostEntries: 10, tailMs: 60_000 }), {
    length: 6,
    removed: 24,
    laggedReaders: [],
  });
});

test("a value of an unknown form holds nothing up; a reader silent for a week is forgotten", async () => {
  const { heartbeat, trim, ids, readers } = await bucketWith(5);
  await shared.command("HSET", bucketKeys(lastBucket).outboxReaders, "odd", "nonsense");
  await heartbeat("old", "1-0", 8 * 86_400_000);
  assert.deepEqual((await trim()).laggedReaders, [{ readerId: "odd", markedNow: false }]);
  assert.deepEqual(await readers(), { odd: "nonsense" });
  assert.deepEqual(await ids(), ["5"]);
});

test("several trimmers go over all buckets, and end when told to", async () => {
  const seen = { removed: 0, rounds: 0, failed: [] as unknown[] };
  const start = () => {
    const trimmer = new OutboxTrimmer({
      store: shared.store,
      bounds: { mostEntries: 100, readerSilenceMs: 60_000 },
      observer: {
        trimmed: (removed) => {
          seen.removed += removed;
          seen.rounds += 1;
        },
        lagged: () => {},
        failed: (error) => seen.failed.push(error),
      },
    });
    trimmer.start();
    return trimmer;
  };
  const outboxes = [await bucketWith(150), await bucketWith(50)];
  const trimmers = [start(), start()];
  for (const { ids } of outboxes)
    await waitUntil("old entries are gone", async () => (await ids()).length === 1);
  await waitUntil("each ended a round", () => seen.rounds >= 2);
  await Promise.all(trimmers.map((trimmer) => trimmer.stop()));
  assert.ok(seen.removed >= 198);
  assert.deepEqual(seen.failed, []);
});

test("while it is trimmed without a tail, a reader and a watcher of a balance miss no entry", async () => {
  const accountId = "trimmed:busy";
  await shared.create(accountId);
  const bucket = bucketOf(accountId);
  const { outbox, outboxReaders } = bucketKeys(bucket);
  const read: string[] = [];
  let position = "0-0";
  const readOn = async () => {
    const entries = await shared.command<[string, string[]][]>(
      "XRANGE",
      outbox,
      `(${position}`,
      "+",
      "COUNT",
      "7",
    );
    read.push(...entries.map(([, [, , , sequence]]) => sequence!));
    position = entries.at(-1)?.[0] ?? position;
    await shared.command("HSET", outboxReaders, "reader", `${position},${await readServerTimeMs(shared)}`);
  };
  await readOn();
  const journal = new JournalReader(shared.store);
  const hub = new BalanceHub({ redis: shared.redis, journal, onError: () => {} });
  const watch = new BalanceWatch(hub, new BalanceReading(shared.store, journal), journal);
  const left = new AbortController();
  const watched: number[] = [];
  const watching = (async () => {
    for await (const event of watch.watch(accountId, 1, left.signal))
      if (event.kind === "change") watched.push(event.change.sequence);
  })().catch(() => {});
  for (let round = 0; round < 40; round++) {
    await Promise.all([
      ...Array.from({ length: 5 }, () => shared.credit(accountId, 1n)),
      readOn(),
      shared.store.run(trimOutboxCall(bucket, { mostEntries: 1_000, readerSilenceMs: 60_000, tailMs: 0 })),
    ]);
  }
  await waitUntil("the reader is at the end", async () => {
    await readOn();
    return read.length === 201;
  });
  await waitUntil("the watcher is at the end", () => watched.at(-1) === 201);
  left.abort();
  await Promise.all([watching, hub.stop()]);
  assert.deepEqual(
    read.map(Number),
    Array.from({ length: 201 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    watched,
    Array.from({ length: 200 }, (_, index) => index + 2),
  );
  await shared.store.run(trimOutboxCall(bucket, { mostEntries: 1_000, readerSilenceMs: 60_000, tailMs: 0 }));
  assert.equal(await shared.command("XLEN", outbox), 1);
});

/**
 * `node bench/monitoring.ts`: events of the ledger followed per second of this process's CPU, against a bare reader
 * of the same streams in the same run. The events lie in the outboxes of all buckets; Redis' own time is not counted.
 */
import { bucketOf, bucketTags } from "#platform/redis/buckets.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { startRedis } from "#platform/testing/redis-server.ts";
import { bucketsOf } from "../services/monitoring/domain/intake/intake.ts";
import { JournalPatience } from "../services/monitoring/domain/intake/journal-patience.ts";
import type { LedgerJournal } from "../services/monitoring/domain/intake/ledger-journal.ts";
import { ShardIntake } from "../services/monitoring/domain/intake/shard-intake.ts";
import { readOutboxes } from "../services/monitoring/store/intake/outboxes.ts";
import { ledgerShards } from "../services/monitoring/store/shard-keys.ts";

const eventCount = 100_000;
const accountCount = 1_000;
const unit = "\u001f";
const never = new AbortController().signal;

/** Charges of many accounts, as the ledger publishes them. */
async function publish(redis: Redis): Promise<void> {
  const startMs = Date.now() - 600_000;
  for (let sequence = 1; sequence <= eventCount / accountCount; sequence++) {
    const atMs = startMs + sequence * 5_000;
    await Promise.all(
      Array.from({ length: accountCount }, (_, number) => {
        const accountId = `account-${number}`;
        const posted = 10_000_000 - sequence * 1_234;
        const spent = sequence * 1_234;
        const fields = ["1", sequence, atMs, "D", posted, 0, 10_000_000, spent, 0, 0, "a-1234;s1234", "key"];
        const key = `{${bucketTags[bucketOf(accountId)]}}:o`;
        const entry = ["a", accountId, "q", String(sequence), "e", fields.join(unit)];
        return redis.command(key, ["XADD", key, "*", ...entry]);
      }),
    );
  }
}

/** Events per second of CPU that this process spends on `work`. */
async function perCpuSecond(work: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const events = await work();
  const { user, system } = process.cpuUsage(before);
  return events / ((user + system) / 1e6);
}

async function readBare(redis: Redis): Promise<number> {
  const positions = new Map(bucketTags.map((_, bucket) => [bucket, "0-0"]));
  let events = 0;
  for (;;) {
    const reads = await readOutboxes(redis, positions, 250);
    if (reads.length === 0) return events;
    for (const { bucket, entries } of reads) {
      events += entries.length;
      positions.set(bucket, entries.at(-1)!.id);
    }
  }
}

async function follow(redis: Redis): Promise<number> {
  const journal: LedgerJournal = {
    readFacts: async () => ({ currencyCode: "USD", ledgerScale: 8, thresholds: [] }),
    async *readEvents() {},
    async *listAccounts() {},
  };
  const observer = {
    counted() {},
    gapFound() {},
    dropped() {},
    refilled() {},
    setAside() {},
    lost() {},
    failed() {},
  };
  await Promise.all(
    ledgerShards.map(async (shard) => {
      const buckets = bucketsOf(shard);
      const rules = { current: () => [] };
      const patience = new JournalPatience();
      const intake = new ShardIntake({ redis, shard, buckets, journal, rules, observer, patience });
      while (await intake.countNext(never));
      await intake.countNext(never);
    }),
  );
  return eventCount;
}

const server = await startRedis();
const redis = await connectRedis({ urls: [server.url], name: "bench" });
try {
  await publish(redis);
  const bare = await perCpuSecond(() => readBare(redis));
  const followed = await perCpuSecond(() => follow(redis));
  const rounded = (rate: number) => Math.round(rate).toLocaleString("en");
  console.log(`bare stream reader: ${rounded(bare)} events per CPU-second`);
  console.log(`Monitoring:         ${rounded(followed)} events per CPU-second`);
  console.log(`ratio:              ${(bare / followed).toFixed(1)}`);
} finally {
  await redis.close();
  await server.stop();
}

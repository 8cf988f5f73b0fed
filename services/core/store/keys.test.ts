import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketCount, bucketOf, bucketTags } from "#platform/redis/buckets.ts";
import { accountKeys, commonKeys, holdKeys, selfTestKeys } from "./keys.ts";

/** CRC16 (XMODEM) of the hash tag, modulo the number of slots: the Redis Cluster specification. */
function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
  }
  return crc % 16_384;
}

test("the slot function is that of the specification", () => {
  assert.equal(slotOf("123456789"), 0x31c3);
});

test("there are 256 different tags of at most three characters, in slots of their own", () => {
  assert.equal(bucketTags.length, bucketCount);
  assert.equal(new Set(bucketTags).size, bucketCount);
  assert.equal(new Set(bucketTags.map(slotOf)).size, bucketCount);
  assert.ok(bucketTags.every((tag) => /^[a-z0-9]{1,3}$/.test(tag)));
});

for (const [primaries, spread] of [
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [6, 2],
] as const) {
  test(`the buckets spread evenly over ${primaries} primaries`, () => {
    const counts = new Array<number>(primaries).fill(0);
    for (const tag of bucketTags) counts[Math.floor((slotOf(tag) * primaries) / 16_384)]! += 1;
    assert.ok(Math.max(...counts) - Math.min(...counts) <= spread, counts.join("/"));
  });
}

/** Part of the layout: these accounts lie in these buckets for ever. */
const fixedBuckets: ReadonlyArray<[accountId: string, bucket: number]> = [
  ["a", 237],
  ["acct-1", 141],
  ["customer:42@example.com", 170],
];
for (const [accountId, bucket] of fixedBuckets) {
  test(`${accountId} lies in bucket ${bucket}`, () => assert.equal(bucketOf(accountId), bucket));
}

test("numbered accounts fill the buckets evenly", () => {
  const counts = new Array<number>(bucketCount).fill(0);
  for (let number = 0; number < 256_000; number++) counts[bucketOf(`acct-${number}`)]! += 1;
  assert.ok(
    Math.min(...counts) > 850 && Math.max(...counts) < 1_150,
    `${Math.min(...counts)}…${Math.max(...counts)}`,
  );
});

test("all keys of an operation lie in one slot", () => {
  const keys = accountKeys("acct:1@x.y-z");
  const tag = bucketTags[bucketOf("acct:1@x.y-z")]!;
  const all = [
    ...commonKeys(keys, 20_000),
    ...holdKeys(keys, 20_000, 19_999),
    keys.listing,
    keys.references,
    keys.refunds,
  ];
  assert.ok(all.every((key) => key.startsWith(`{${tag}}:`)));
  assert.equal(new Set(selfTestKeys(3)).size, 15);
});

test("keys have the final layout", () => {
  const keys = accountKeys("x");
  const short = (key: string): string => key.replace(/^\{[^}]+\}/, "{tag}");
  assert.deepEqual(
    [keys.account, keys.grants, keys.openHolds, keys.settledHolds(7), keys.journal, keys.idempotency(7)].map(
      short,
    ),
    ["{tag}:a:x", "{tag}:g:x", "{tag}:h:x", "{tag}:s:x:7", "{tag}:j:x", "{tag}:i:x:7"],
  );
  assert.deepEqual(
    [
      keys.references,
      keys.refunds,
      keys.listing,
      keys.expiryIndex,
      keys.outbox,
      keys.outboxReaders,
      keys.genesis,
    ].map(short),
    ["{tag}:e:x", "{tag}:r:x", "{tag}:n", "{tag}:x", "{tag}:o", "{tag}:w", "{tag}:genesis"],
  );
});

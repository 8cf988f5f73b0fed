import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { bucketCount } from "#platform/redis/buckets.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createAccountCall } from "./calls/create-account.ts";
import { librarySource } from "./function-library.ts";
import { bucketKeys } from "./keys.ts";
import { LedgerStore } from "./ledger-store.ts";
import { parseServerInfo, unfitReasons } from "./server-info.ts";
import { LedgerStoreUnfit, openLedgerGate } from "./startup-gate.ts";
import { startTestStore, type TestStore } from "./testing/test-store.ts";

let shared: TestStore;
before(async () => {
  shared = await startTestStore({ port: true });
});
after(() => shared.stop());
beforeEach(async () => {
  await shared.command("FLUSHALL");
  await shared.command("FUNCTION", "FLUSH");
  await shared.command("CONFIG", "SET", "maxmemory-policy", "noeviction", "appendonly", "yes");
});

async function refusedWith(pattern: RegExp): Promise<void> {
  await assert.rejects(openLedgerGate(shared.redis), (error) => {
    assert.ok(error instanceof LedgerStoreUnfit, String(error));
    assert.match(error.reasons.join("; "), pattern);
    return true;
  });
}

async function createSomeAccount(): Promise<void> {
  const account = { accountId: "a", currencyCode: "USD", ledgerScale: 2, creditLimitAtoms: 0n, settings: "" };
  await new LedgerStore(shared.redis).run(createAccountCall({ ...account, digest: Buffer.alloc(16) }));
}

test("an empty database gets its genesis in every bucket, and opens again as the same ledger", async () => {
  const first = await openLedgerGate(shared.redis);
  assert.equal(
    (await shared.command<string[]>("KEYS", "*")).length,
    bucketCount,
    "the self-test leaves nothing",
  );
  await createSomeAccount();
  const again = await openLedgerGate(shared.redis);
  assert.deepEqual(again.genesis, first.genesis);
  assert.deepEqual(
    { ...first.genesis, ledgerId: "" },
    { ledgerId: "", bucketCount: "256", bucketHash: "fnv1a32-xorfold8", library: "ledger1", epoch: "1" },
  );
});

test("keys of other services do not stand in the way of a new ledger", async () => {
  await shared.command("SET", "{pricing}:catalogue", "1");
  await openLedgerGate(shared.redis);
});

test("several instances that start at once agree on one ledger", async () => {
  const checks = await Promise.all(Array.from({ length: 5 }, () => openLedgerGate(shared.redis)));
  assert.equal(new Set(checks.map(({ genesis }) => genesis.ledgerId)).size, 1);
});

test("a creation that was cut short is completed", async () => {
  const { genesis } = await openLedgerGate(shared.redis);
  for (let bucket = 100; bucket < 200; bucket++) await shared.command("DEL", bucketKeys(bucket).genesis);
  assert.deepEqual((await openLedgerGate(shared.redis)).genesis, genesis);
});

test("buckets without genesis beside accounts are refused: a primary came back empty", async () => {
  await openLedgerGate(shared.redis);
  await createSomeAccount();
  await shared.command("DEL", bucketKeys(7).genesis);
  await refusedWith(/^1 of 256 buckets have lost their genesis.*come back empty/);
});

test("accounts without any genesis are refused", async () => {
  await openLedgerGate(shared.redis);
  await createSomeAccount();
  for (let bucket = 0; bucket < bucketCount; bucket++)
    await shared.command("DEL", bucketKeys(bucket).genesis);
  await refusedWith(/^256 of 256 buckets have lost their genesis/);
});

const foreign: ReadonlyArray<[field: string, value: string]> = [
  ["ledgerId", "another"],
  ["bucketCount", "128"],
  ["bucketHash", "crc32"],
  ["library", "ledger2"],
];
for (const [field, value] of foreign) {
  test(`a bucket with another ${field} is refused`, async () => {
    await openLedgerGate(shared.redis);
    await shared.command("HSET", bucketKeys(200).genesis, field, value);
    await refusedWith(new RegExp(`a bucket has ${field} ${value} where .+ is expected`));
  });
}

const settings: ReadonlyArray<[directive: string, value: string, reason: RegExp]> = [
  ["maxmemory-policy", "allkeys-lru", /maxmemory-policy allkeys-lru.*noeviction/],
  ["appendonly", "no", /no append-only file.*appendonly yes/],
];
for (const [directive, value, reason] of settings) {
  test(`${directive} ${value} is refused before anything is written`, async () => {
    await shared.command("CONFIG", "SET", directive, value);
    await refusedWith(reason);
    assert.deepEqual(await shared.command("KEYS", "*"), []);
    assert.deepEqual(await shared.command("FUNCTION", "LIST"), []);
  });
}

test("a replica is refused", async () => {
  const primary: TestRedis = await startRedis({ port: true });
  try {
    await shared.command("REPLICAOF", "127.0.0.1", String(primary.port));
    await refusedWith(/role slave.*primary/);
  } finally {
    await shared.command("REPLICAOF", "NO", "ONE");
    await primary.stop();
  }
});

test("a library of a higher revision is not replaced", async () => {
  const newer = librarySource().replace(/LIBRARY_REVISION = \d+/, "LIBRARY_REVISION = 99");
  await shared.command("FUNCTION", "LOAD", newer);
  await refusedWith(/revision 99 of library ledger1.*upgrade the service/);
  assert.equal(await shared.redis.callFunction("ledger1_library_revision", ["k"], []), 99);
});

for (const forbidden of ["xadd", "pexpireat", "function|load", "del"]) {
  test(`a user without ${forbidden} is refused, and nothing of the self-test is left`, async () => {
    await openLedgerGate(shared.redis);
    const user = forbidden.replace("|", "-");
    await shared.command("ACL", "SETUSER", user, "on", ">secret", "~*", "+@all", `-${forbidden}`);
    const redis = await connectTestRedis(shared.server.url.replace("//", `//${user}:secret@`));
    try {
      await assert.rejects(openLedgerGate(redis), (error) => {
        assert.ok(error instanceof LedgerStoreUnfit, String(error));
        assert.match(error.message, /NOPERM|can't run this command|no permissions to run/);
        return true;
      });
    } finally {
      await redis.close();
    }
    assert.equal((await shared.command<string[]>("KEYS", "*self-test*")).length, 0);
  });
}

test("it warns of a missing memory limit and of a lax fsync, and of nothing when both are right", async () => {
  const warnings = async () => (await openLedgerGate(shared.redis)).warnings.join("; ");
  await shared.command("CONFIG", "SET", "maxmemory", "0");
  assert.match(await warnings(), /no memory limit.*appendfsync no/s);
  await shared.command("CONFIG", "SET", "maxmemory", "100mb", "appendfsync", "always");
  assert.equal(await warnings(), "");
  await shared.command("CONFIG", "SET", "appendfsync", "no");
});

const fit =
  "redis_version:7.0.15\r\nrole:master\r\naof_enabled:1\r\nmaxmemory:5\r\nmaxmemory_policy:noeviction\r\n";
const servers: ReadonlyArray<[server: string, info: string, reasons: number]> = [
  ["Redis 7.0", fit, 0],
  ["Redis 8", fit.replace("7.0.15", "8.0.2"), 0],
  [
    "Valkey 8, which calls itself Redis 7.2 too",
    `${fit.replace("7.0.15", "7.2.4")}valkey_version:8.1.1\r\n`,
    0,
  ],
  ["Redis 6", fit.replace("7.0.15", "6.2.14"), 1],
  ["Valkey 7", `${fit}valkey_version:7.2.5\r\n`, 1],
  ["a server that says nothing", "", 4],
];
for (const [server, info, reasons] of servers) {
  test(`${server} is ${reasons === 0 ? "fit" : "unfit"}`, () => {
    assert.equal(unfitReasons(parseServerInfo(info)).length, reasons);
  });
}

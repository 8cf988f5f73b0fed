import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Redis, RedisArgument } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { AuditStore } from "../../store/audit-store.ts";
import { AdminError } from "../admin-error.ts";
import { auditChange } from "./audit-change.ts";
import { type AuditAttempt, type AuditEntry, auditLimits } from "./audit-entry.ts";
import { createAuditKeys } from "./audit-keys.ts";
import { type AuditNotice, createAuditLog } from "./audit-log.ts";
import { verifyAuditLog } from "./audit-verifier.ts";
import { openEntry } from "./sealed-entry.ts";

const keys = createAuditKeys(["Zr8Kq3Wn5Vb1Xm7Lp2Cs9Dt4Fy6Gh0Ju"]);

let server: TestRedis;
let redis: Redis;
let store: AuditStore;
let notices: AuditNotice[];

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
});
beforeEach(async () => {
  await redis.command("", ["FLUSHALL"]);
  store = new AuditStore(redis);
  notices = [];
});
after(async () => {
  await redis?.close();
  await server?.stop();
});

function newLog(over: Redis = redis, now: () => number = Date.now) {
  const onEntry = (notice: AuditNotice) => notices.push(notice);
  return createAuditLog({ store: new AuditStore(over), keys, onEntry, now });
}

const attempt: AuditAttempt = {
  actor: { type: "admin_key", subject: "Ada", keyId: "ak_1", tokenId: "" },
  action: "billing.admin.v1.AdminService/AdjustBalance",
  targetType: "account",
  targetId: "acme",
  accountId: "acme",
  before: { available: "1" },
  reason: "goodwill",
  requestId: "r-1",
  address: "10.0.0.1",
};
const succeeded = { result: "succeeded", errorReason: "" } as const;

async function allEntries(): Promise<AuditEntry[]> {
  const { sequence } = await store.readHead();
  return (await store.read(1, sequence)).map((stored) => {
    const opened = openEntry(stored);
    assert.ok(opened, `entry ${stored.sequence} can be read`);
    return opened.entry;
  });
}

async function assertIntact(count: number): Promise<void> {
  const { fault, checkedCount } = await verifyAuditLog({ store, keys }, wholeLog, undefined);
  assert.deepEqual([fault, checkedCount], [undefined, count]);
}
const wholeLog = { fromSequence: 0, toSequence: 0 };

/** A connection that loses the reply to the n-th script, once it ran. */
function losingReply(callNumber: number): Redis {
  let calls = 0;
  return {
    ...redis,
    command: async <T>(key: string, args: readonly RedisArgument[]): Promise<T> => {
      const reply = await redis.command<T>(key, args);
      calls += 1;
      if (calls === callNumber) throw new CommonError("STORE_UNAVAILABLE", "the reply was lost");
      return reply;
    },
  };
}

describe("the audit log", () => {
  test("keeps who did what to whom, from what to what, and why, and tells its head", async () => {
    const sequence = await newLog().append(attempt, {
      ...succeeded,
      after: { b: 2n, a: [1, { d: 1, c: 2 }] },
    });
    assert.equal(sequence, 1);
    const [entry] = await allEntries();
    const { atMs, hmac, beforeSha256, afterSha256, ...facts } = entry!;
    assert.ok(Math.abs(atMs - Date.now()) < 60_000);
    assert.match(beforeSha256 + afterSha256, /^[0-9a-f]{128}$/);
    const { before: _, ...known } = attempt;
    assert.deepEqual(facts, {
      ...known,
      ...succeeded,
      sequence: 1,
      beforeJson: '{"available":"1"}',
      afterJson: '{"a":[1,{"c":2,"d":1}],"b":"2"}',
      erasedBy: undefined,
      hmacKeyId: keys.current.id,
      previousHmac: "0".repeat(64),
    });
    assert.deepEqual(notices, [
      { sequence: 1, hmac, action: attempt.action, actor: "Ada", result: "succeeded" },
    ]);
  });

  test("never forks, with many entries at once from several instances", async () => {
    const logs = Array.from({ length: 4 }, () => newLog());
    const appended = await Promise.all(
      Array.from({ length: 200 }, (_, index) => logs[index % 4]!.append(attempt, succeeded)),
    );
    assert.deepEqual(
      appended.toSorted((a, b) => a - b),
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    await assertIntact(200);
  });

  test("goes on across the bounds of its keys", async () => {
    const log = newLog();
    for (let batch = 0; batch < 3; batch++)
      await Promise.all(Array.from({ length: 700 }, () => log.append(attempt, succeeded)));
    await assertIntact(2_100);
  });

  test("has an entry once whose reply was lost", async () => {
    // The first script loads itself in two commands.
    await newLog().append(attempt, succeeded);
    const log = newLog(losingReply(2));
    await log.append(attempt, succeeded);
    await assertIntact(2);
  });

  test("never goes back in time, whatever the clocks of instances say", async () => {
    await newLog(redis, () => 2_000).append(attempt, succeeded);
    await newLog(redis, () => 1_000).append(attempt, succeeded);
    assert.deepEqual(
      (await allEntries()).map(({ atMs }) => atMs),
      [2_000, 2_000],
    );
  });

  test("cuts long texts and replaces JSON that is too large by its digest", async () => {
    const long = "x".repeat(auditLimits.jsonBytes);
    await newLog().append({ ...attempt, reason: long, before: { long } }, { ...succeeded, targetId: long });
    const [entry] = await allEntries();
    assert.equal(entry!.reason.length, 500);
    assert.equal(entry!.targetId.length, 255);
    assert.match(entry!.beforeJson, /^\{"bytes":16395,"sha256":"[0-9a-f]{64}","too_large":true\}$/);
  });

  test("refuses to write over entries when its head was set back", async () => {
    await newLog().append(attempt, succeeded);
    await newLog().append(attempt, succeeded);
    const [first] = await allEntries();
    const headKey = "{admin}:audit:head";
    await redis.command(headKey, ["SET", headKey, `1 ${first!.hmac} ${first!.atMs}`]);
    await assert.rejects(newLog().append(attempt, succeeded), /was set back/);
  });
});

describe("an audited change", () => {
  test("is entered once, with what came of it", async () => {
    const { result, sequence } = await auditChange(
      newLog(),
      { ...attempt, targetId: "" },
      async () => "made",
      (made) => ({ after: { made }, targetId: "t-1" }),
    );
    assert.deepEqual([result, sequence], ["made", 1]);
    const [entry, ...more] = await allEntries();
    assert.deepEqual(
      [entry?.afterJson, entry?.targetId, entry?.result],
      ['{"made":"made"}', "t-1", "succeeded"],
    );
    assert.equal(more.length + (await store.openIntents()).size, 0);
  });

  const endings: ReadonlyArray<[what: string, error: Error, result: string, reason: string]> = [
    ["refused", new AdminError("ADMIN_KEY_NOT_FOUND", "no"), "refused", "ADMIN_KEY_NOT_FOUND"],
    ["left open", new CommonError("PEER_UNAVAILABLE", "away"), "unknown", "PEER_UNAVAILABLE"],
    ["too much", new CommonError("OVERLOADED", "later"), "failed", "OVERLOADED"],
    ["broken", new TypeError("a fault"), "unknown", "INTERNAL"],
  ];
  for (const [what, error, result, reason] of endings) {
    test(`that is ${what} is entered as ${result}`, async () => {
      const change = () => Promise.reject(error);
      await assert.rejects(
        auditChange(newLog(), attempt, change, () => ({})),
        error,
      );
      const [entry] = await allEntries();
      assert.deepEqual([entry?.result, entry?.errorReason], [result, reason]);
    });
  }

  test("is not made when the log cannot be written", async () => {
    await using own = await startRedis();
    const ownRedis = await connectTestRedis(own.url, { onError: () => {} });
    await own.kill();
    let made = false;
    const change = async () => {
      made = true;
    };
    await assert.rejects(
      auditChange(newLog(ownRedis), attempt, change, () => ({})),
      { reason: "STORE_UNAVAILABLE" },
    );
    assert.equal(made, false);
    await ownRedis.close();
  });

  test("whose process dies in its midst is entered as unknown, once, by whoever comes next", async () => {
    await newLog().begin(attempt);
    await newLog().begin({ ...attempt, requestId: "r-2" });
    const [one, other] = [newLog(), newLog()];
    assert.equal(await one.closeAbandoned(60_000), 0, "it may still be under way");
    const closed = await Promise.all([one.closeAbandoned(0), other.closeAbandoned(0)]);
    assert.equal(closed[0] + closed[1], 2);
    assert.deepEqual(
      (await allEntries()).map(({ result, errorReason, beforeJson }) => [result, errorReason, beforeJson]),
      Array(2).fill(["unknown", "INTERRUPTED", '{"available":"1"}']),
    );
    await assertIntact(2);
  });

  test("that ends after it was given up is entered all the same", async () => {
    const intentId = await newLog().begin(attempt);
    await newLog().closeAbandoned(0);
    await newLog().append(attempt, succeeded, intentId);
    assert.deepEqual(
      (await allEntries()).map(({ result }) => result),
      ["unknown", "succeeded"],
    );
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RedisServerInfo } from "#platform/redis/server-info.ts";
import type { RedisProbe } from "../store/probe-redis.ts";
import type { HealthStatus } from "./component.ts";
import { judgeRedis } from "./judge-redis.ts";
import { summarizeRedis } from "./redis-summary.ts";
import { redisProbe } from "./testing/health-probes.ts";

const silentRedis: RedisProbe = {
  ...redisProbe([]),
  latencyMs: undefined,
  appendFsync: "",
  fault: "no reply in time",
};

describe("Redis", () => {
  const cases: Array<{
    name: string;
    info: Partial<RedisServerInfo>;
    fsync?: string;
    status: HealthStatus;
    reason: RegExp;
  }> = [
    { name: "that loads", info: { isLoading: true }, status: "not_serving", reason: /loads its data/ },
    {
      name: "that is a replica",
      info: { isPrimary: false },
      status: "not_serving",
      reason: /takes no writes/,
    },
    {
      name: "that cannot write its file",
      info: { lastAppendSucceeded: false },
      status: "not_serving",
      reason: /refuses writes/,
    },
    { name: "that evicted keys", info: { evictedKeys: 3n }, status: "degraded", reason: /evicted 3 keys/ },
    {
      name: "that may evict keys",
      info: { maxMemoryPolicy: "allkeys-lru" },
      status: "degraded",
      reason: /allkeys-lru and must be noeviction/,
    },
    { name: "without a file", info: { isAppendOnly: false }, status: "degraded", reason: /no append-only/ },
    { name: "that never syncs", info: {}, fsync: "no", status: "degraded", reason: /appendfsync no/ },
    { name: "that is 90 % full", info: { usedMemoryBytes: 90n }, status: "degraded", reason: /uses 90 %/ },
    {
      name: "whose replica is late",
      info: { replicaLagSeconds: 11 },
      status: "degraded",
      reason: /11 s behind/,
    },
  ];
  for (const { name, info, fsync, status, reason } of cases) {
    test(`${name} is ${status}`, () => {
      const [finding, ...others] = judgeRedis(redisProbe([info], fsync));
      assert.deepEqual(others, []);
      assert.equal(finding?.status, status);
      assert.equal(finding?.reasons.length, 1);
      assert.match(finding?.reasons[0] ?? "", reason);
    });
  }

  const harmless: Array<{ name: string; info: Partial<RedisServerInfo>; fsync?: string }> = [
    { name: "as it should be", info: {} },
    { name: "that syncs every second", info: {}, fsync: "everysec" },
    { name: "whose policy of syncing is unknown", info: {}, fsync: "" },
    { name: "that is 89 % full", info: { usedMemoryBytes: 89n } },
    { name: "without a memory limit", info: { maxMemoryBytes: 0n, usedMemoryBytes: 1n << 40n } },
    { name: "whose replica is 10 s behind", info: { replicaLagSeconds: 10 } },
  ];
  for (const { name, info, fsync } of harmless) {
    test(`${name} is serving`, () => {
      const [finding] = judgeRedis(redisProbe([info], fsync));
      assert.deepEqual([finding?.status, finding?.reasons], ["serving", []]);
      assert.equal(finding?.startedAtMs, 2_000);
    });
  }

  test("that does not answer is one part that does not serve", () => {
    const [finding, ...others] = judgeRedis(silentRedis);
    assert.deepEqual(others, []);
    assert.equal(finding?.address, "redis:6379");
    assert.equal(finding?.status, "not_serving");
    assert.deepEqual(finding?.reasons, ["does not answer: no reply in time"]);
    assert.equal(summarizeRedis(silentRedis), undefined);
  });

  test("of several faults has the worst status and names them all", () => {
    const [finding] = judgeRedis(redisProbe([{ evictedKeys: 1n, isLoading: true }]));
    assert.equal(finding?.status, "not_serving");
    assert.equal(finding?.reasons.length, 2);
  });

  test("over several servers is summed up by the worst of each figure", () => {
    const summary = summarizeRedis(
      redisProbe(
        [
          {
            usedMemoryBytes: 60n,
            maxMemoryBytes: 1_000n,
            evictedKeys: 1n,
            replicaCount: 1,
            replicaLagSeconds: 1,
          },
          { usedMemoryBytes: 50n, maxMemoryBytes: 100n, evictedKeys: 2n, isAppendOnly: false },
          { usedMemoryBytes: 70n, maxMemoryBytes: 1_000n, replicaCount: 2, replicaLagSeconds: 6 },
        ],
        "everysec",
      ),
    );
    assert.deepEqual(summary, {
      product: "redis",
      usedMemoryBytes: 50n,
      maxMemoryBytes: 100n,
      evictedKeys: 3n,
      isAppendOnly: false,
      appendFsync: "everysec",
      lastAppendSucceeded: true,
      primaryCount: 3,
      replicaCount: 3,
      replicaLagSeconds: 6,
    });
  });
});

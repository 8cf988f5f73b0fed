import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import type { Redis } from "./redis.ts";
import { parseServerInfo, type RedisServerInfo, readServerInfo } from "./server-info.ts";

let server: TestRedis;
let redis: Redis;

before(async () => {
  server = await startRedis({ settings: { maxmemory: "64mb" } });
  redis = await connectTestRedis(server.url);
});

after(async () => {
  await redis?.close();
  await server?.stop();
});

test("a real server says what it is", async () => {
  const [info, ...others] = await readServerInfo(redis);
  assert.ok(info);
  assert.deepEqual(others, []);
  assert.match(info.version, /^\d+\.\d+/);
  assert.equal(info.maxMemoryBytes, 64n << 20n);
  assert.ok(info.usedMemoryBytes > 100_000n);
  assert.equal(info.maxMemoryPolicy, "noeviction");
  assert.equal(info.isPrimary, true);
  assert.equal(info.isAppendOnly, true);
  assert.equal(info.lastAppendSucceeded, true);
  assert.equal(info.replicaLagSeconds, undefined);
});

describe("the reply of INFO", () => {
  const cases: Array<{ name: string; text: string; expected: Partial<RedisServerInfo> }> = [
    {
      name: "of Redis",
      text: "# Server\r\nredis_version:7.2.4\r\ntcp_port:6379\r\nuptime_in_seconds:12\r\n",
      expected: { product: "redis", version: "7.2.4", port: 6379, uptimeSeconds: 12 },
    },
    {
      name: "of Valkey, which states a Redis version too",
      text: "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n",
      expected: { product: "valkey", version: "8.1.0" },
    },
    {
      name: "of a replica that loads",
      text: "role:slave\r\nloading:1\r\n",
      expected: { isPrimary: false, isLoading: true },
    },
    {
      name: "with replicas, the slowest of those online",
      text:
        "role:master\r\nconnected_slaves:3\r\n" +
        "slave0:ip=10.0.0.7,port=6379,state=online,offset=84,lag=1\r\n" +
        "slave1:ip=10.0.0.8,port=6379,state=online,offset=12,lag=4\r\n" +
        "slave2:ip=10.0.0.9,port=6379,state=wait_bgsave,offset=0,lag=90\r\n",
      expected: { isPrimary: true, replicaCount: 3, replicaLagSeconds: 4 },
    },
    {
      name: "with more memory than a float counts exactly",
      text: "used_memory:9007199254740993\r\nevicted_keys:9007199254740995\r\n",
      expected: { usedMemoryBytes: 9007199254740993n, evictedKeys: 9007199254740995n },
    },
    {
      name: "with a failed append",
      text: "aof_last_write_status:err",
      expected: { lastAppendSucceeded: false },
    },
    { name: "that is empty", text: "", expected: { version: "", maxMemoryBytes: 0n, isAppendOnly: false } },
    { name: "that is garbage", text: "::::\nused_memory:-5\n#x:y", expected: { usedMemoryBytes: 0n } },
  ];
  for (const { name, text, expected } of cases) {
    test(name, () => {
      const info = parseServerInfo(text);
      for (const [field, value] of Object.entries(expected))
        assert.equal(info[field as keyof RedisServerInfo], value, field);
    });
  }
});

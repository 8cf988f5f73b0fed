import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ServiceProbe } from "#platform/client/probe-service.ts";
import { parseServerInfo, type RedisServerInfo } from "#platform/redis/server-info.ts";
import type { RedisProbe } from "../store/probe-redis.ts";
import { type Finding, type HealthStatus, type ServiceName, worse } from "./component.ts";
import type { IntakeProgress } from "./intake/intake.ts";
import { judgeIntake } from "./judge-intake.ts";
import { judgeRedis } from "./judge-redis.ts";
import { judgeService } from "./judge-service.ts";
import { summarizeRedis } from "./redis-summary.ts";
import { judgeSource, type SourceFacts } from "./source-freshness.ts";
import { createStatusHistory } from "./status-history.ts";
import { assessSystem, summarize, systemStatus } from "./system-health.ts";

const goodProbe: ServiceProbe = {
  status: "serving",
  reasons: [],
  latencyMs: 1.5,
  version: "1.0.0",
  checkedAtMs: 5_000,
};

const goodInfo: RedisServerInfo = {
  ...parseServerInfo("redis_version:7.0.15\nrole:master\naof_enabled:1\naof_last_write_status:ok\n"),
  usedMemoryBytes: 50n,
  maxMemoryBytes: 100n,
  maxMemoryPolicy: "noeviction",
  uptimeSeconds: 3,
};

function redisProbe(infos: Partial<RedisServerInfo>[], appendFsync = "always"): RedisProbe {
  const servers = infos.map((info, index) => ({
    address: `redis-${index}:6379`,
    info: { ...goodInfo, ...info },
  }));
  return {
    address: "redis:6379",
    checkedAtMs: 5_000,
    latencyMs: 0.4,
    servers,
    appendFsync,
    fault: undefined,
  };
}

const silentRedis: RedisProbe = {
  ...redisProbe([]),
  latencyMs: undefined,
  appendFsync: "",
  fault: "no reply in time",
};

describe("a service", () => {
  const cases: Array<{
    name: string;
    probe: Partial<ServiceProbe>;
    status: HealthStatus;
    reasons: string[];
  }> = [
    { name: "that serves", probe: {}, status: "serving", reasons: [] },
    {
      name: "that serves with another version",
      probe: { version: "0.9.0" },
      status: "degraded",
      reasons: ["runs version 0.9.0, Monitoring 1.0.0"],
    },
    {
      name: "that serves without its page",
      probe: { version: "", reasons: ["does not answer at /readyz over HTTP/1.1"] },
      status: "degraded",
      reasons: ["does not answer at /readyz over HTTP/1.1"],
    },
    {
      name: "that does not serve",
      probe: { status: "not_serving", reasons: ["does not serve: no store"], version: "0.9.0" },
      status: "not_serving",
      reasons: ["does not serve: no store", "runs version 0.9.0, Monitoring 1.0.0"],
    },
    {
      name: "that cannot be reached",
      probe: { status: "unreachable", reasons: ["does not answer: x"], version: "", latencyMs: undefined },
      status: "not_serving",
      reasons: ["does not answer: x"],
    },
  ];
  for (const { name, probe, status, reasons } of cases) {
    test(`${name} is ${status}`, () => {
      const finding = judgeService("pricing", "pricing:50053", { ...goodProbe, ...probe }, "1.0.0");
      assert.deepEqual([finding.status, finding.reasons], [status, reasons]);
      assert.equal(finding.address, "pricing:50053");
    });
  }
});

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

function finding(
  component: Finding["component"],
  status: HealthStatus = "serving",
  reasons: readonly string[] = [],
  checkedAtMs = 0,
): Finding {
  const rest = { address: component, latencyMs: 1, version: "1.0.0", startedAtMs: undefined };
  return { component, status, reasons, checkedAtMs, ...rest };
}

describe("the system", () => {
  const cases: Array<{ name: string; findings: Finding[]; status: HealthStatus; summary: string }> = [
    {
      name: "whose parts all serve",
      findings: [finding("core"), finding("redis")],
      status: "serving",
      summary: "All five services are serving.",
    },
    {
      name: "without Pricing",
      findings: [finding("core"), finding("pricing", "not_serving", ["does not answer: x"])],
      status: "degraded",
      summary: "Pricing does not answer: x.",
    },
    {
      name: "without Billing Core",
      findings: [finding("core", "not_serving", ["does not answer: x"]), finding("redis")],
      status: "not_serving",
      summary: "Billing Core does not answer: x.",
    },
    {
      name: "without Redis",
      findings: [finding("admin", "degraded", ["runs y"]), finding("redis", "not_serving", ["is away"])],
      status: "not_serving",
      summary: "Redis is away. Admin runs y.",
    },
    {
      name: "with a degraded Core",
      findings: [finding("core", "degraded", ["runs y", "and z"])],
      status: "degraded",
      summary: "Billing Core runs y.",
    },
    {
      name: "with many faults",
      findings: (["core", "pricing", "exchange", "admin", "redis"] as const).map((name) =>
        finding(name, "not_serving", ["is away"]),
      ),
      status: "not_serving",
      summary: "Billing Core is away. Pricing is away. Exchange Rate is away. 2 more parts have faults.",
    },
  ];
  for (const { name, findings, status, summary } of cases) {
    test(`${name} is ${status}`, () => {
      assert.equal(systemStatus(findings), status);
      assert.equal(summarize(findings), summary);
    });
  }

  test("is shown in a fixed order, as of its oldest check", () => {
    const probes = Object.fromEntries(
      (["admin", "monitoring", "exchange", "pricing", "core"] as const).map((name, index) => [
        name,
        { ...goodProbe, checkedAtMs: 4_000 + index },
      ]),
    ) as Record<ServiceName, ServiceProbe>;
    const addresses = { core: "c", pricing: "p", exchange: "e", monitoring: "m", admin: "a" };
    const health = assessSystem(
      { services: probes, addresses, redis: redisProbe([{}]), intake: undefined, sources: [] },
      "1.0.0",
      createStatusHistory(),
    );
    assert.deepEqual(
      health.components.map(({ component, address }) => [component, address]),
      [
        ["core", "c"],
        ["pricing", "p"],
        ["exchange", "e"],
        ["monitoring", "m"],
        ["admin", "a"],
        ["redis", "redis-0:6379"],
      ],
    );
    assert.equal(health.asOfMs, 4_000);
    assert.equal(health.status, "serving");
  });

  test("has the same worse status whichever side it stands on", () => {
    const statuses = ["serving", "degraded", "not_serving"] as const;
    for (const left of statuses)
      for (const right of statuses) assert.equal(worse(left, right), worse(right, left));
    assert.equal(worse("serving", "not_serving"), "not_serving");
  });
});

describe("Monitoring with an intake that", () => {
  const well: IntakeProgress = {
    eventsBehind: 3,
    oldestEventAgeMs: 200,
    lastSuccessAgeMs: 100,
    refills: 2,
    refillsRunning: 0,
    lostBuckets: 0,
    setAside: { refilled: 0, missing: 0 },
  };
  const cases: ReadonlyArray<
    [what: string, over: Partial<IntakeProgress>, status: HealthStatus, reason: RegExp]
  > = [
    ["follows closely serves", {}, "serving", /^$/],
    ["is behind is degraded", { oldestEventAgeMs: 90_000 }, "degraded", /^counts events that are 90 s old$/],
    ["lost entries is degraded", { lostBuckets: 4 }, "degraded", /the accounts of 4 buckets anew/],
    ["made up for an entry is degraded", { setAside: { refilled: 1, missing: 0 } }, "degraded", /1 entries/],
    [
      "misses an event is degraded",
      { setAside: { refilled: 0, missing: 2 }, lostBuckets: 1 },
      "degraded",
      /^could not read 2 events .* reads the accounts of 1 buckets/,
    ],
  ];
  for (const [what, over, status, reason] of cases) {
    test(what, () => {
      const judged = judgeIntake(finding("monitoring", "serving"), { ...well, ...over });
      assert.equal(judged.status, status);
      assert.match(judged.reasons.join(" "), reason);
    });
  }

  test("is not known, or does not serve, stays as it is", () => {
    const down = finding("monitoring", "not_serving", ["is away"]);
    assert.deepEqual(judgeIntake(down, { ...well, lostBuckets: 1 }), down);
    assert.deepEqual(judgeIntake(finding("monitoring", "serving"), undefined).status, "serving");
  });
});

describe("a source", () => {
  const base = { kind: "rates", source: "ecb", lastError: "", maxAgeMs: 1_000 } as const;
  const cases: ReadonlyArray<[what: string, facts: Partial<SourceFacts>, status: HealthStatus]> = [
    ["that is fresh serves", { publishedAtMs: 9_500 }, "serving"],
    ["near its end is degraded", { publishedAtMs: 9_200 }, "degraded"],
    ["at its end is degraded", { publishedAtMs: 9_000 }, "degraded"],
    ["beyond its end does not serve", { publishedAtMs: 8_999 }, "not_serving"],
    ["whose last try failed is degraded", { publishedAtMs: 9_999, lastError: "no answer" }, "degraded"],
    ["without a greatest age serves", { publishedAtMs: 1, maxAgeMs: undefined }, "serving"],
    ["that was never read does not serve", { publishedAtMs: undefined }, "not_serving"],
  ];
  for (const [what, facts, status] of cases)
    test(what, () =>
      assert.equal(judgeSource({ ...base, publishedAtMs: undefined, ...facts }, 10_000).status, status),
    );
});

test("the time since which a part has its status moves only when the status changes", () => {
  const history = createStatusHistory();
  const rounds: Array<[atMs: number, status: HealthStatus, sinceMs: number]> = [
    [1, "serving", 1],
    [2, "serving", 1],
    [3, "not_serving", 3],
    [4, "not_serving", 3],
    [5, "degraded", 5],
    [6, "serving", 6],
  ];
  for (const [atMs, status, sinceMs] of rounds) {
    const [dated] = history.date([finding("core", status, [], atMs)]);
    assert.equal(dated?.sinceMs, sinceMs, `at ${atMs}`);
  }
  assert.deepEqual(history.date([]), []);
  assert.equal(history.date([finding("core", "serving", [], 7)])[0]?.sinceMs, 7);
});

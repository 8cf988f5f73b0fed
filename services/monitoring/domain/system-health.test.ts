import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ServiceProbe } from "#platform/client/probe-service.ts";
import { type Finding, type HealthStatus, type ServiceName, worse } from "./component.ts";
import type { IntakeProgress } from "./intake/intake.ts";
import { judgeIntake } from "./judge-intake.ts";
import { judgeService } from "./judge-service.ts";
import { judgeSource, type SourceFacts } from "./source-freshness.ts";
import { createStatusHistory } from "./status-history.ts";
import { assessSystem, summarize, systemStatus } from "./system-health.ts";
import { finding, redisProbe } from "./testing/health-probes.ts";

const goodProbe: ServiceProbe = {
  status: "serving",
  reasons: [],
  latencyMs: 1.5,
  version: "1.0.0",
  checkedAtMs: 5_000,
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

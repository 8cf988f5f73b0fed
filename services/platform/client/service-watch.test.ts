import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { eventually } from "../testing/eventually.ts";
import { createServiceProber, type ServiceProbe } from "./probe-service.ts";
import { pauseAfter, watchServices } from "./service-watch.ts";
import { readiness, service } from "./testing/probed-service.ts";

describe("a watch over services", () => {
  const probe = (status: ServiceProbe["status"]): ServiceProbe => ({
    status,
    reasons: [],
    latencyMs: 1,
    version: "1",
    checkedAtMs: 1,
  });
  const pauses: Array<{
    name: string;
    probes: Record<string, ServiceProbe>;
    pauseMs: number | undefined;
    expected: number;
  }> = [
    { name: "all serve", probes: { core: probe("serving") }, pauseMs: undefined, expected: 3_000 },
    {
      name: "one does not",
      probes: { core: probe("serving"), admin: probe("not_serving") },
      pauseMs: undefined,
      expected: 1_000,
    },
    { name: "one is away", probes: { core: probe("unreachable") }, pauseMs: 60_000, expected: 1_000 },
    {
      name: "one is away and the pause is short",
      probes: { core: probe("unreachable") },
      pauseMs: 5,
      expected: 5,
    },
  ];
  for (const { name, probes, pauseMs, expected } of pauses) {
    test(`pauses ${expected} ms when ${name}`, () => assert.equal(pauseAfter(probes, pauseMs), expected));
  }

  test("knows its peers without being asked, and follows them", async () => {
    const watch = watchServices(
      {
        pricing: createServiceProber({ service: PricingService, baseUrl: service.baseUrl }),
        core: createServiceProber({ service: BillingCoreService, baseUrl: "http://127.0.0.1:1" }),
      },
      { pauseMs: 5 },
    );
    try {
      assert.deepEqual(await watch.peers(), { pricing: "not asked yet", core: "not asked yet" });
      await eventually(async () =>
        assert.deepEqual(await watch.peers(), {
          pricing: "serving",
          core: "does not answer: the connection was refused",
        }),
      );
      readiness.reasons = ["closed for today"];
      await eventually(async () =>
        assert.equal((await watch.peers()).pricing, "does not serve: closed for today"),
      );
      assert.equal((await watch.get()).pricing.status, "not_serving");
    } finally {
      readiness.reasons = [];
      await watch.stop();
    }
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { serviceRules } from "#platform/access/method-rule.ts";
import { leastRoleWith, roles, scopesOf } from "./roles.ts";

const services = [AdminService, BillingCoreService, ExchangeRateService, MonitoringService, PricingService];
const declared = new Set(services.flatMap(serviceRules).map(({ scope }) => scope));

describe("the table of roles", () => {
  test("gives an admin every scope that an RPC declares, and no other", () => {
    assert.deepEqual([...scopesOf.admin].sort(), [...declared].sort());
  });

  test("gives each role what the roles before it have, and more", () => {
    for (const [index, role] of roles.entries()) {
      const before = index === 0 ? new Set<string>() : scopesOf[roles[index - 1]!];
      assert.ok(
        [...before].every((scope) => scopesOf[role].has(scope)),
        role,
      );
      assert.ok(before.size < scopesOf[role].size, role);
    }
  });

  test("lets a viewer change nothing", () => {
    for (const scope of scopesOf.viewer) assert.match(scope, /\.(read|calculate)$/);
  });

  test("stands in the page on security as it is", () => {
    const page = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z]+)` \| ((?:`[a-z.]+`(?:, )?)+) \|$/gm)];
    const told = rows.map(([, role = "", scopes = ""]) => [role, scopes.replaceAll("`", "").split(", ")]);
    const added = roles.map((role, index) => {
      const before = index === 0 ? new Set<string>() : scopesOf[roles[index - 1]!];
      return [role, [...scopesOf[role]].filter((scope) => !before.has(scope))];
    });
    assert.deepEqual(told, added);
  });

  test("names the first role that has a scope", () => {
    assert.deepEqual(
      ["admin.read", "admin.support", "core.fund", "pricing.manage", "core.unknown"].map(leastRoleWith),
      ["viewer", "support", "finance", "admin", undefined],
    );
  });
});

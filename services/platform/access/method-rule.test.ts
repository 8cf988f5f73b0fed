import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DescService } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { Owner, Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import { describeContract } from "../testing/describe-contract.ts";
import { delegatedMethodRule, methodRule, openMethodRule, serviceRules } from "./method-rule.ts";

/** Every scope that the contract knows; a misspelt one would refuse everybody. */
const knownScopes = new Set([
  "core.read",
  "core.charge",
  "core.fund",
  "core.manage",
  "pricing.read",
  "pricing.calculate",
  "pricing.manage",
  "exchange.read",
  "exchange.manage",
  "monitoring.read",
  "monitoring.write",
  "monitoring.manage",
  "admin.read",
  "admin.support",
  "admin.finance",
  "admin.manage",
]);

const services: readonly DescService[] = [
  BillingCoreService,
  PricingService,
  ExchangeRateService,
  MonitoringService,
  AdminService,
];

describe("the contract", () => {
  for (const service of services) {
    test(`every method of ${service.name} has a rule with a known scope`, () => {
      const rules = serviceRules(service);
      assert.equal(rules.length, service.methods.length);
      for (const rule of rules) {
        assert.ok(knownScopes.has(rule.scope), `${rule.path}: ${rule.scope}`);
        assert.ok(rule.maxRequestBytes > 0 && rule.maxRequestBytes <= 32 << 20, rule.path);
      }
    });

    test(`methods of ${service.name} whose request names an account are tied to it, or to nobody's account`, () => {
      for (const { owners, ownership, path } of serviceRules(service))
        if (owners.length > 0) assert.notEqual(ownership, Ownership.SHARED, path);
    });
  }
});

describe("a rule", () => {
  test("for a call that is passed on leaves owners to the service that is called, and nothing else", () => {
    const { getReservation, listAccounts } = BillingCoreService.method;
    assert.deepEqual(delegatedMethodRule(getReservation), {
      ...methodRule(getReservation),
      ownership: Ownership.SHARED,
    });
    assert.deepEqual(delegatedMethodRule(listAccounts), methodRule(listAccounts));
  });

  const complete = { scope: "core.read", ownership: Ownership.SHARED };
  const ruleOf = (rule: object | undefined, owner: Owner = Owner.UNSPECIFIED) => {
    const { service } = describeContract({
      messages: { Request: { account_id: { type: "string", owner } } },
      methods: { Get: { input: "Request", ...(rule === undefined ? {} : { rule }) } },
    });
    return methodRule(service.method.get ?? assert.fail());
  };

  const refused: Array<[name: string, rule: object | undefined]> = [
    ["no rule", undefined],
    ["no scope", { ...complete, scope: "" }],
    ["no ownership", { ...complete, ownership: Ownership.UNSPECIFIED }],
    ["ownership by a field that is not marked", { ...complete, ownership: Ownership.FIELD }],
  ];
  for (const [name, rule] of refused) {
    test(`${name}: refused, naming the method`, () => {
      assert.throws(() => ruleOf(rule), /made\.up\.Service\/Get/);
    });
  }

  test("says what the contract says", () => {
    const rule = ruleOf({ ...complete, ownership: Ownership.FIELD, maxRequestBytes: 77 }, Owner.ACCOUNT);
    assert.deepEqual(
      [rule.path, rule.scope, rule.ownership, rule.owners.length, rule.maxRequestBytes],
      ["made.up.Service/Get", "core.read", Ownership.FIELD, 1, 77],
    );
  });

  test("allows a mebibyte unless the contract says otherwise", () => {
    assert.equal(ruleOf(complete).maxRequestBytes, 1_048_576);
  });

  test("of an open method asks for no scope", () => {
    const rule = openMethodRule(Health.method.check);
    assert.deepEqual([rule.scope, rule.path], ["", "grpc.health.v1.Health/Check"]);
  });
});

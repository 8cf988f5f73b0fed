import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DescMessage } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { arbitraryMessage } from "./fast/testing/arbitrary-message.ts";
import { compileQuickCheck } from "./quick-check.ts";
import { arbitraryRequest } from "./testing/arbitrary-request.ts";
import { timesOutOfRange } from "./well-known-ranges.ts";

const services = [BillingCoreService, PricingService, ExchangeRateService, MonitoringService, AdminService];
const inputs = new Set<DescMessage>(services.flatMap(({ methods }) => methods.map(({ input }) => input)));
const checks = new Map(
  [...inputs].flatMap((schema) => {
    const check = compileQuickCheck(schema);
    return check === undefined ? [] : [[schema, check] as const];
  }),
);
const validator = createValidator();
/** Rounds of requests for one that is good, where there was none yet. */
const mostMore = 50;
const beyondBasicPlane = /[\u{10000}-\u{10ffff}]/u;
const shown = (message: object) =>
  JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value));

test("the requests of the calls that move money are compiled", () => {
  const { charge, chargeBatch, reserve, extendReservation, commit, release, credit, getBalance } =
    BillingCoreService.method;
  const { convertBatch } = ExchangeRateService.method;
  const hot = [charge, chargeBatch, reserve, extendReservation, commit, release, credit, getBalance];
  for (const { input } of [...hot, PricingService.method.calculatePrices, convertBatch])
    assert.ok(checks.has(input), input.typeName);
});

describe("a compiled check agrees with the validator about", () => {
  for (const [schema, check] of checks)
    test(schema.typeName, () => {
      const outcomes = new Set<boolean>();
      const request = fc.oneof(
        { weight: 4, arbitrary: arbitraryRequest(schema) },
        { weight: 1, arbitrary: arbitraryMessage(schema) },
      );
      const agrees = fc.property(request, (message) => {
        const isGood =
          validator.validate(schema, message).kind === "valid" &&
          timesOutOfRange(schema, message).length === 0;
        outcomes.add(isGood);
        // In texts beyond the basic plane the validator counts code points, at which the check does not look.
        if (!beyondBasicPlane.test(shown(message))) assert.equal(check(message), isGood);
        else assert.ok(isGood || !check(message));
      });
      fc.assert(agrees, { numRuns: 20 });
      // A large request is seldom good in every field.
      for (let more = 0; !outcomes.has(true) && more < mostMore; more++) fc.assert(agrees, { numRuns: 20 });
      assert.ok(outcomes.has(true), "no good request among them");
    });
});

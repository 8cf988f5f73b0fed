import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DescEnum } from "@bufbuild/protobuf";
import { ErrorReasonSchema as AdminReasonSchema } from "#gen/billing/admin/v1/error_reason_pb.ts";
import { ErrorReasonSchema as CoreReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorReasonSchema as ExchangeReasonSchema } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { ErrorReasonSchema as MonitoringReasonSchema } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { Retry } from "#gen/billing/options/v1/options_pb.ts";
import { ErrorReasonSchema as PricingReasonSchema } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { Code } from "#gen/google/rpc/code_pb.ts";
import { describeContract } from "../testing/describe-contract.ts";
import { buildErrorCatalogue } from "./catalogue.ts";

const complete = { code: Code.NOT_FOUND, httpStatus: 404, retry: Retry.NEVER, advice: "Do better." };
const reasonsWith = (name: string, rule: object | undefined) =>
  describeContract({ reasons: { [name]: rule } as never }).reasons;

describe("the catalogue", () => {
  const services: Record<string, DescEnum> = {
    core: CoreReasonSchema,
    pricing: PricingReasonSchema,
    exchange: ExchangeReasonSchema,
    monitoring: MonitoringReasonSchema,
    admin: AdminReasonSchema,
  };
  for (const [name, reasons] of Object.entries(services)) {
    test(`of ${name} is complete, and its statuses are those of errors`, () => {
      for (const { reason, code, httpStatus, advice } of buildErrorCatalogue([reasons]).values()) {
        assert.match(reason, /^[A-Z][A-Z_]+$/);
        assert.ok(code >= 1 && code <= 16, reason);
        assert.ok(httpStatus >= 400 && httpStatus <= 599, reason);
        assert.match(advice, /^[A-Z].*\.$/, reason);
      }
    });
  }

  test("takes a complete rule as it is", () => {
    const rule = buildErrorCatalogue([reasonsWith("ERROR_REASON_LOST", complete)]).get("LOST");
    assert.deepEqual(rule, { reason: "LOST", ...complete });
  });

  const refused: Array<[name: string, value: string, rule: object | undefined]> = [
    ["no rule", "ERROR_REASON_LOST", undefined],
    ["no code", "ERROR_REASON_LOST", { ...complete, code: Code.OK }],
    ["no HTTP status", "ERROR_REASON_LOST", { ...complete, httpStatus: 0 }],
    ["no word on trying again", "ERROR_REASON_LOST", { ...complete, retry: Retry.UNSPECIFIED }],
    ["no advice", "ERROR_REASON_LOST", { ...complete, advice: "" }],
    ["a name without the prefix", "LOST_ALTOGETHER", complete],
    ["another meaning for a common reason", "ERROR_REASON_TOKEN_MISSING", complete],
  ];
  for (const [name, value, rule] of refused) {
    test(`${name}: refused, naming the value`, () => {
      assert.throws(() => buildErrorCatalogue([reasonsWith(value, rule)]), new RegExp(`made\\.up.*${value}`));
    });
  }
});

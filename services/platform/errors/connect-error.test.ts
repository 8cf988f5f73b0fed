import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import fc from "fast-check";
import { ErrorReasonSchema as CoreReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/type/v1/error_reason_pb.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { buildErrorCatalogue } from "./catalogue.ts";
import { CommonError, invalidField } from "./common-error.ts";
import { mapError } from "./connect-error.ts";
import { ServiceError } from "./service-error.ts";

const catalogue = buildErrorCatalogue([CoreReasonSchema]);
const requestId = "request-1";
const map = (thrown: unknown) => mapError(catalogue, thrown, requestId);

describe("an error on the wire", () => {
  test("carries reason, domain, metadata and request id", () => {
    const { wire, rule } = map(
      new ServiceError("INSUFFICIENT_FUNDS", "7 needed", { metadata: { required: "7" } }),
    );
    assert.deepEqual([wire.code, wire.rawMessage], [Code.FailedPrecondition, "7 needed"]);
    assert.equal(rule.reason, "INSUFFICIENT_FUNDS");
    const [info] = wire.findDetails(ErrorInfoSchema);
    assert.deepEqual(
      [info?.reason, info?.domain, info?.metadata],
      ["INSUFFICIENT_FUNDS", "holdfast", { required: "7", request_id: requestId }],
    );
    assert.deepEqual(wire.findDetails(BadRequestSchema), []);
    assert.deepEqual(wire.findDetails(RetryInfoSchema), []);
  });

  test("no metadata passes for the request id", () => {
    const { wire } = map(new CommonError("INTERNAL", "-", { metadata: { request_id: "forged" } }));
    assert.equal(wire.findDetails(ErrorInfoSchema)[0]?.metadata.request_id, requestId);
  });

  test("names the fields at fault", () => {
    const { wire } = map(invalidField("charges[3].account_id", "is missing"));
    assert.equal(wire.code, Code.InvalidArgument);
    const [violation] = wire.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
    assert.deepEqual([violation?.field, violation?.description], ["charges[3].account_id", "is missing"]);
  });

  test("has room in the header fields of gRPC, whatever texts of the caller come back in it", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constant("\u20ac".repeat(70_000)));
    const fields = fc.array(fc.record({ field: text, description: text }), { maxLength: 30 });
    fc.assert(
      fc.property(text, text, fields, (message, required, violations) => {
        const options = { metadata: { required }, fields: violations };
        const { wire } = map(new CommonError("REQUEST_INVALID", message, options));
        const trailers = [...setTrailerStatus(new Headers(), wire)].flat().join("");
        assert.ok(trailers.length < 8_000, `${trailers.length} bytes`);
        const [told = { fieldViolations: [] }] = wire.findDetails(BadRequestSchema);
        assert.equal(told.fieldViolations.length > 0, violations.length > 0);
      }),
    );
  });

  for (const [retryAfterMs, seconds, nanos] of [
    [0, 0n, 0],
    [250, 0n, 250_000_000],
    [61_500, 61n, 500_000_000],
  ] as const) {
    test(`says to try again after ${retryAfterMs} ms`, () => {
      const { wire } = map(new CommonError("OVERLOADED", "-", { retryAfterMs }));
      const delay = wire.findDetails(RetryInfoSchema)[0]?.retryDelay;
      assert.deepEqual([delay?.seconds, delay?.nanos], [seconds, nanos]);
    });
  }
});

describe("what is no error of the catalogue", () => {
  const thrown: Record<string, unknown> = {
    "an unlisted reason": new ServiceError("NOT_LISTED", "swordfish", { metadata: { key: "swordfish" } }),
    "a fault": new TypeError("swordfish"),
    "an error of the transport": new ConnectError("swordfish", Code.NotFound),
    "a text": "swordfish",
    "an object": { message: "swordfish", reason: "TOKEN_MISSING" },
    nothing: undefined,
    null: null,
  };
  for (const [name, value] of Object.entries(thrown)) {
    test(`${name} is INTERNAL, without its text, and kept for the log`, () => {
      const { rule, wire, thrown: kept } = map(value);
      assert.deepEqual([rule.reason, wire.code], ["INTERNAL", Code.Internal]);
      assert.match(wire.rawMessage, /request-1/);
      const sent = [
        wire.rawMessage,
        ...wire.metadata,
        ...wire.findDetails(ErrorInfoSchema).map(({ metadata }) => metadata),
      ];
      assert.ok(!JSON.stringify(sent).includes("swordfish"));
      assert.ok(kept === value || (kept as Error).cause === value);
    });
  }

  test("whatever is thrown, a code and a reason come out", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        assert.equal(map(value).rule.reason, "INTERNAL");
      }),
    );
  });

  test("every listed reason keeps its code", () => {
    for (const { reason, code } of catalogue.values())
      assert.deepEqual([map(new ServiceError(reason, "-")).wire.code, reason], [code, reason]);
    assert.ok(catalogue.size > ErrorReasonSchema.values.length);
  });
});

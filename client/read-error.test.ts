import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorReasonSchema as CommonReasons } from "../gen/billing/type/v1/error_reason_pb.ts";
import { ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { serverRule } from "./error-catalogue.ts";
import { readError } from "./read-error.ts";

const call = {
  packageName: "billing.core.v1",
  method: "Charge",
  safeToRepeat: true,
  attempts: 1,
  aborted: false,
};

function wire(code: Code, reason?: string, domain = "holdfast", retryAfterSeconds?: bigint): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { reason: reason ?? "", domain, metadata: { hint: "x" } } };
  const retry = { desc: RetryInfoSchema, value: { retryDelay: { seconds: retryAfterSeconds ?? 0n } } };
  return new ConnectError("in words", code, undefined, [
    ...(reason === undefined ? [] : [info]),
    ...(retryAfterSeconds === undefined ? [] : [retry]),
  ]);
}

describe("what was thrown is read as", () => {
  const cases: ReadonlyArray<[thrown: unknown, reason: string, retryable: boolean]> = [
    [wire(Code.Unavailable, "STORE_UNAVAILABLE"), "STORE_UNAVAILABLE", true],
    [wire(Code.FailedPrecondition, "INSUFFICIENT_FUNDS"), "INSUFFICIENT_FUNDS", false],
    [wire(Code.Unavailable), "UNREACHABLE", true],
    [wire(Code.Internal), "UNREACHABLE", true],
    [new TypeError("fetch failed"), "UNREACHABLE", true],
    [wire(Code.DeadlineExceeded), "DEADLINE_PASSED", true],
    [wire(Code.Canceled), "UNREACHABLE", true],
    [wire(Code.Canceled, "CALL_CANCELED"), "CALL_CANCELED", true],
    [wire(Code.Unimplemented), "UNRECOGNISED", false],
    [wire(Code.InvalidArgument), "UNRECOGNISED", false],
    // A newer server than this client.
    [wire(Code.FailedPrecondition, "NOT_KNOWN_YET"), "UNRECOGNISED", false],
    [wire(Code.Unavailable, "NOT_KNOWN_YET"), "UNRECOGNISED", true],
    [wire(Code.ResourceExhausted, "NOT_KNOWN_YET", "holdfast", 1n), "UNRECOGNISED", true],
    // Another system's details say nothing here.
    [wire(Code.NotFound, "ACCOUNT_NOT_FOUND", "else.example"), "UNRECOGNISED", false],
  ];
  for (const [thrown, reason, retryable] of cases) {
    test(`${reason}, ${retryable ? "to be" : "not to be"} repeated: ${String(thrown)}`, () => {
      const error = readError(thrown, call);
      assert.deepEqual([error.reason, error.retryable], [reason, retryable]);
      assert.equal(readError(thrown, { ...call, safeToRepeat: false }).retryable, false);
      assert.match(error.advice, /\.$/);
    });
  }
});

test("a call that the caller aborted is CALL_CANCELED, not one whose stream was torn down", () => {
  assert.equal(readError(wire(Code.Canceled), { ...call, aborted: true }).reason, "CALL_CANCELED");
});

test("the name of a reason that this client does not know is kept", () => {
  const { metadata } = readError(wire(Code.Aborted, "NOT_KNOWN_YET"), call);
  assert.deepEqual({ ...metadata }, { hint: "x", reason: "NOT_KNOWN_YET" });
});

test("every common reason has a rule in every service", () => {
  const packages = ["core", "pricing", "exchange", "monitoring", "admin"].map((name) => `billing.${name}.v1`);
  for (const packageName of packages)
    for (const { name, number } of CommonReasons.values)
      if (number !== 0) assert.ok(serverRule(packageName, name.replace("ERROR_REASON_", "")), name);
});

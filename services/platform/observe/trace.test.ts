import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startCallTrace } from "./trace.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const form = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

describe("the trace of a call", () => {
  for (const flags of ["00", "01"]) {
    test(`continues the caller's with flags ${flags}, as a span of its own`, () => {
      const { traceId: continued, traceparent } = startCallTrace("a", `00-${traceId}-${spanId}-${flags}`);
      assert.equal(continued, traceId);
      assert.match(traceparent, form);
      assert.equal(traceparent.slice(3, 35), traceId);
      assert.notEqual(traceparent.slice(36, 52), spanId);
      assert.equal(traceparent.slice(-2), flags);
    });
  }

  const malformed: Array<string | null | undefined> = [
    undefined,
    null,
    "",
    "00",
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId.slice(1)}-${spanId}-01`,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId}-${spanId}-zz`,
    `ff-${traceId}-${spanId}-01`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01\n`,
    `00-${"x".repeat(100_000)}`,
  ];
  for (const header of malformed) {
    test(`${JSON.stringify(header)?.slice(0, 70)} begins a new one`, () => {
      const { traceId: begun, traceparent } = startCallTrace("a", header);
      assert.notEqual(begun, traceId);
      assert.match(traceparent, form);
      assert.equal(traceparent.slice(3, 35), begun);
    });
  }

  test("two new traces differ", () => {
    assert.notEqual(startCallTrace("a", undefined).traceId, startCallTrace("a", undefined).traceId);
  });
});

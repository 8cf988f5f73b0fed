import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterMs } from "./retry-after.ts";

const nowMs = Date.parse("2026-01-01T00:00:00Z");
const cases: ReadonlyArray<[header: string | undefined, waitMs: number | undefined]> = [
  [undefined, undefined],
  ["", undefined],
  ["soon", undefined],
  ["-5", undefined],
  ["0", 0],
  ["120", 120_000],
  [" 7 ", 7_000],
  ["999999999", 86_400_000],
  ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
  ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
  ["Fri, 01 Jan 2027 00:00:00 GMT", 86_400_000],
];
for (const [header, waitMs] of cases) {
  test(`Retry-After: ${header} means ${waitMs} ms`, () => assert.equal(retryAfterMs(header, nowMs), waitMs));
}

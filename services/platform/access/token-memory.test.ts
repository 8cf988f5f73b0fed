import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createTokenMemory } from "./token-memory.ts";

describe("the memory of tokens", () => {
  test("gives a value until its time is over, and not at that moment", () => {
    const memory = createTokenMemory<{ expiresAtMs: number }>(2);
    const value = { expiresAtMs: 1_000 };
    memory.set("a", value);
    assert.equal(memory.get("a", 999), value);
    assert.equal(memory.get("a", 1_000), undefined);
    assert.equal(memory.size, 0);
  });

  test("drops the value kept longest, and none when a known token is kept anew", () => {
    const memory = createTokenMemory<{ expiresAtMs: number }>(2);
    for (const token of ["a", "b", "b", "c"]) memory.set(token, { expiresAtMs: 1 });
    assert.deepEqual(
      ["a", "b", "c"].map((token) => memory.get(token, 0) !== undefined),
      [false, true, true],
    );
  });

  test("never holds more than its capacity, whatever comes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.string()), (capacity, tokens) => {
        const memory = createTokenMemory<{ expiresAtMs: number }>(capacity);
        for (const token of tokens) {
          memory.set(token, { expiresAtMs: 1 });
          assert.ok(memory.get(token, 0) !== undefined);
          assert.ok(memory.size <= capacity);
        }
      }),
    );
  });
});

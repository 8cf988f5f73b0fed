import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundedText } from "./bounded-text.ts";

test("a text within the bound is left alone; a longer one is cut between characters and shows it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 8, max: 40 }), (text, maxBytes) => {
      const cut = boundedText(text, maxBytes);
      if (Buffer.byteLength(text) <= maxBytes) return assert.equal(cut, text);
      assert.ok(Buffer.byteLength(cut) <= maxBytes);
      assert.ok(cut.endsWith("…") && text.startsWith(cut.slice(0, -1)));
    }),
  );
});

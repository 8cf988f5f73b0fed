import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createPageTokens } from "./page-token.ts";

const tokens = createPageTokens(Buffer.alloc(32, 7));

test("a token gives back its position, for its filter only", () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), fc.json(), (filter, other, position) => {
      const token = tokens.encode(filter, position);
      assert.deepEqual(tokens.decode(filter, token), position);
      if (other !== filter)
        assert.throws(() => tokens.decode(other, token), { reason: "PAGE_TOKEN_INVALID" });
    }),
  );
});

test("no bit of a token can be changed", () => {
  const bytes = Buffer.from(tokens.encode("filter", { bucket: 3, id: "a" }), "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const altered = Buffer.from(bytes);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => tokens.decode("filter", altered.toString("base64url")), {
      reason: "PAGE_TOKEN_INVALID",
    });
  }
});

test("garbage is refused and an empty token is the first page", () => {
  assert.equal(tokens.decode("filter", ""), undefined);
  for (const garbage of ["x", "====", "a".repeat(2_000), "\u0000", "Ⅷ"]) {
    assert.throws(() => tokens.decode("filter", garbage), { reason: "PAGE_TOKEN_INVALID" });
  }
});

test("another secret's tokens are refused", () => {
  const foreign = createPageTokens(Buffer.alloc(32, 8)).encode("filter", 1);
  assert.throws(() => tokens.decode("filter", foreign), { reason: "PAGE_TOKEN_INVALID" });
});

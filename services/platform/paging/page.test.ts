import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CommonError } from "../errors/common-error.ts";
import { pageOf } from "./page.ts";
import { createPageTokens } from "./page-token.ts";

const tokens = createPageTokens(Buffer.alloc(32, 1));
const codes = ["AED", "CHF", "EUR", "JPY", "USD"];
const page = (pageSize: number, pageToken: string, items = codes, filters: readonly unknown[] = ["all"]) =>
  pageOf(tokens, items, (code) => code, { pageSize, pageToken }, filters);

describe("pageOf", () => {
  for (const pageSize of [1, 2, 4, 5, 6]) {
    test(`pages of ${pageSize} show every item once and then end`, () => {
      const seen: string[] = [];
      let pageToken = "";
      do {
        const { items, nextPageToken } = page(pageSize, pageToken);
        assert.ok(items.length > 0 && items.length <= pageSize);
        seen.push(...items);
        pageToken = nextPageToken;
      } while (pageToken !== "");
      assert.deepEqual(seen, codes);
    });
  }

  test("a page of size 0 has 50 items", () => {
    const many = Array.from({ length: 60 }, (_, index) => String(index).padStart(2, "0"));
    assert.equal(page(0, "", many).items.length, 50);
  });

  test("an item that goes away between pages shifts nothing", () => {
    const { nextPageToken } = page(2, "");
    assert.deepEqual(page(2, nextPageToken, ["AED", "EUR", "JPY", "USD"]).items, ["EUR", "JPY"]);
  });

  const token = page(2, "").nextPageToken;
  const refused: readonly [name: string, token: string, filters: readonly unknown[]][] = [
    ["malformed", "?", ["all"]],
    ["cut off", token.slice(0, -1), ["all"]],
    ["altered", token.slice(0, 16) + Buffer.from("EUR").toString("base64url"), ["all"]],
    ["of other filters", token, ["others"]],
    ["with something behind it", `${token}==`, ["all"]],
  ];
  for (const [name, pageToken, filters] of refused) {
    test(`a token that is ${name} is refused`, () => {
      assert.throws(
        () => page(2, pageToken, codes, filters),
        (error) => error instanceof CommonError && error.reason === "PAGE_TOKEN_INVALID",
      );
    });
  }
});

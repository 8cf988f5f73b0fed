import assert from "node:assert/strict";
import { test } from "node:test";
import { EcbHistoryError } from "../../services/exchange/providers/formats/ecb-history.ts";
import { bundleRates } from "./bundle-rates.ts";

const history = "Date,USD,\n2026-04-13,1.1680,\n2026-04-10,1.1711,\n2026-04-09,1.1685,\n";

test("the most recent days stand as published below their source", () => {
  const { fileName, text } = bundleRates(history, 2);
  assert.equal(fileName, "ecb-2026-04-13.csv");
  const lines = text.split("\n");
  const comments = lines.filter((line) => line.startsWith("#")).join("\n");
  assert.match(comments, /European Central Bank/);
  assert.match(comments, /2026-04-13.* 2 most recent days, from 2026-04-10/);
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("#")),
    ["Date,USD,", "2026-04-13,1.1680,", "2026-04-10,1.1711,", ""],
  );
});

test("a damaged history makes no file, even where the damage is not among those days", () => {
  assert.throws(() => bundleRates(history.replace("1.1685", "x"), 2), EcbHistoryError);
});

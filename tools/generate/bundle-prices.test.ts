import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "lossless-json";
import { readBundledPrices } from "../../services/pricing/domain/catalogue/bundled-catalogue.ts";
import { bundlePrices, printBundle } from "./bundle-prices.ts";

/** A list in the form of LiteLLM's, with each thing that may happen to a model. */
const list = `{
  "sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of the providers"},
  "fallback_generalizations": {"rules": []},
  "beta-2": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1.5000020000000002e-05,
    "input_cost_per_token_batches": 7.5e-06, "output_cost_per_token": 1.3e-10,
    "search_context_cost_per_query": {"search_context_size_low": 0.01}},
  "alpha": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 8.056640625e-09,
    "output_cost_per_token": 12345678901234567890123e-30},
  "acme/twin": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-06},
  "twin": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 9e-06},
  "other": {"litellm_provider": "zeta", "mode": "chat", "input_cost_per_token": 9e-06},
  "zeta/other": {"litellm_provider": "zeta", "mode": "chat", "input_cost_per_token": 2e-06},
  "gift": {"litellm_provider": "acme", "input_cost_per_token": 0.0, "output_cost_per_token": 0},
  "painter": {"litellm_provider": "acme", "mode": "image_generation", "output_cost_per_image": 0.04},
  "silent": {"litellm_provider": "acme", "mode": "chat", "max_tokens": 4096},
  "steps": {"litellm_provider": "acme", "tiered_pricing": [{"input_cost_per_token": 1e-06, "range": [0, 1]}]},
  "*/any": {"litellm_provider": "acme", "input_cost_per_token": 1e-06},
  "broken": {"litellm_provider": "acme", "input_cost_per_token": -1e-06}
}`;

test("a model is imported with its printed digits, or left out with a reason", () => {
  const { file, leftOut } = bundlePrices(list, "2026-01-02");
  assert.deepEqual(file.prices, {
    "acme/alpha": {
      provider: "acme",
      mode: "chat",
      rates: { input_tokens: "0.008056640625", output_tokens: "0.0123456789" },
    },
    "acme/beta-2": {
      provider: "acme",
      mode: "chat",
      rates: { input_tokens: { standard: "15.00002", batch: "7.5" }, output_tokens: "0.00013" },
      otherPrices: ["search_context_cost_per_query"],
    },
    "acme/gift": { provider: "acme", free: true, rates: { input_tokens: "0", output_tokens: "0" } },
    "acme/twin": { provider: "acme", mode: "chat", rates: { input_tokens: "1" } },
    "zeta/other": { provider: "zeta", mode: "chat", rates: { input_tokens: "2" } },
  });
  assert.deepEqual(Object.fromEntries(leftOut), {
    sample_spec: "not_a_model",
    fallback_generalizations: "not_a_model",
    twin: "duplicate",
    other: "duplicate",
    painter: "no_token_price",
    silent: "no_price",
    steps: "tiered_pricing",
    "*/any": "price_id_invalid",
    broken: "number_invalid",
  });
  assert.equal(file.entryCount, 14);
  assert.deepEqual([file.priceCount, file.freeCount], [5, 1]);
  assert.deepEqual(file.leftOut, {
    duplicate: 2,
    no_price: 1,
    no_token_price: 1,
    not_a_model: 2,
    number_invalid: 1,
    price_id_invalid: 1,
    tiered_pricing: 1,
  });
});

test("the bundle is what the service reads, and the order of the list does not matter", () => {
  const { file } = bundlePrices(list, "2026-01-02");
  const { prices } = readBundledPrices(JSON.parse(printBundle(file)));
  assert.equal(prices.length, 5);
  const entries = Object.entries(parse(list) as Record<string, unknown>);
  const reversed = stringify(Object.fromEntries(entries.toReversed())) ?? "";
  assert.notEqual(reversed, stringify(Object.fromEntries(entries)));
  assert.equal(printBundle(bundlePrices(reversed, "2026-01-02").file), printBundle(file));
});

test("the command takes the day from the file's name and refuses a name without one", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bundle-"));
  const command = resolve(import.meta.dirname, "bundle-prices.ts");
  const run = (...parameters: string[]) =>
    spawnSync(process.execPath, [command, ...parameters], { encoding: "utf8" });
  try {
    const path = join(folder, "prices_2026-01-02.json");
    writeFileSync(path, list);
    const { status, stdout } = run(path, folder);
    assert.equal(status, 0);
    assert.match(stdout, /5 prices \(1 free\)/);
    const text = readFileSync(join(folder, "litellm-2026-01-02.json"), "utf8");
    assert.equal(text, printBundle(bundlePrices(list, "2026-01-02").file));
    const refused = run(join(folder, "prices.json"), folder);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /has its day/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

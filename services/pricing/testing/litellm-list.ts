import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/**
 * LiteLLM's whole list as it was on 2026-08-06: github.com/BerriAI/litellm, model_prices_and_context_window.json,
 * MIT License, Copyright (c) 2023 Berri AI.
 */
export function readLitellmFixture(): Buffer {
  return gunzipSync(readFileSync(new URL("./fixtures/litellm-2026-08-06.json.gz", import.meta.url)));
}

/** A small list in the form of LiteLLM's: price per million input tokens and others by model of the provider "acme". */
export function litellmList(
  models: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>,
): Buffer {
  const records = Object.entries(models).map(([name, price]) => {
    const fields = typeof price === "string" ? { input_cost_per_token: Number(price) / 1_000_000 } : price;
    return [name, { litellm_provider: "acme", mode: "chat", ...fields }];
  });
  return Buffer.from(JSON.stringify(Object.fromEntries(records)));
}

import { component, perUnit, termsOf, usageOf } from "../../../../testing/terms.ts";
import { each, of, type PublishedExamples, tokenPrice, units } from "./example.ts";

const longContext = tokenPrice({
  input_tokens: { standard: "5", above_272k: "10" },
  output_tokens: { standard: "30", above_272k: "45" },
  cache_creation_input_tokens: { standard: "6.25", above_272k: "12.5" },
  cached_input_tokens: { standard: "0.5", above_272k: "1" },
});
const versioned = (rate: string) => tokenPrice({ input_tokens: rate });
const offPeak = termsOf([
  component("input_tokens", [
    perUnit("0.27", {
      per: "1000000",
      variantId: "day",
      conditions: [
        {
          kind: "time_window",
          window: { timeZone: "UTC", weekdays: [], from: "00:30:00", to: "16:30:00" },
        },
      ],
    }),
    perUnit("0.135", {
      per: "1000000",
      variantId: "night",
      conditions: [
        {
          kind: "time_window",
          window: { timeZone: "UTC", weekdays: [], from: "16:30:00", to: "00:30:00" },
        },
      ],
    }),
  ]),
]);

/** Of token prices. */
export const tokenPrices: PublishedExamples = {
  "pydantic/genai-prices@47df840a:tests/test_price_calc.py": [
    ["web search", of(each("10", "1000")), units("2"), "0.02"],
    [
      "GPT-4o",
      tokenPrice({ input_tokens: "2.5", output_tokens: "10" }),
      usageOf({ input_tokens: 1_000, output_tokens: 100 }),
      "0.0035",
    ],
    [
      "Kimi, cached input",
      tokenPrice({ input_tokens: "0.95", cached_input_tokens: "0.19", output_tokens: "4" }),
      usageOf({ input_tokens: 1_000, cached_input_tokens: 100, output_tokens: 100 }),
      "0.001274",
    ],
    [
      "everything cached",
      tokenPrice({
        input_tokens: "0.30",
        input_audio_tokens: "1.00",
        output_tokens: "2.50",
        cached_input_tokens: "0.03",
        cached_input_audio_tokens: "0.10",
      }),
      usageOf({ input_tokens: 1_000_000, cached_input_tokens: 1_000_000 }),
      "0.03",
    ],
    [
      "at the threshold of the context",
      longContext,
      usageOf({ input_tokens: 272_000, cache_creation_input_tokens: 272_000 }),
      "1.7",
    ],
    [
      "above the threshold",
      longContext,
      usageOf({
        input_tokens: 300_000,
        cache_creation_input_tokens: 100_000,
        cached_input_tokens: 50_000,
        output_tokens: 10_000,
      }),
      "3.25",
    ],
    ["o3 before its price changed", versioned("10"), usageOf({ input_tokens: 1_000 }), "0.01"],
    [
      "off-peak",
      offPeak,
      usageOf({ input_tokens: 100_000_000 }, { atMs: Date.parse("2025-06-01T17:00:00Z") }),
      "13.5",
    ],
  ],
  "browser-use/browser-use#5305": [
    [
      "cache reads and writes",
      tokenPrice({ input_tokens: "3", cached_input_tokens: "0.3", cache_creation_input_tokens: "3.75" }),
      usageOf({ input_tokens: 2_000, cached_input_tokens: 500, cache_creation_input_tokens: 300 }),
      "0.004875",
    ],
  ],
  "earendil-works/pi#2148": [
    [
      "cached input",
      tokenPrice({ input_tokens: "0.50", cached_input_tokens: "0.05", output_tokens: "3" }),
      usageOf({ input_tokens: 20_212, cached_input_tokens: 16_298, output_tokens: 931 }),
      "0.0055649",
    ],
  ],
};

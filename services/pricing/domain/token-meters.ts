import type { Meter } from "./price-terms.ts";

/** A meter of language models. */
interface TokenMeter {
  readonly displayName: string;
  /** Supersets; the first bills what has no rate of its own. */
  readonly subsetOf: readonly TokenMeterName[];
  /**
   * The meter that must have a rate for these tokens to be billed with their superset. Usage reports count
   * cached and reasoning tokens for every model, and without a rate of their own they are plain input and
   * output. What audio costs cannot be guessed from text: without its own rate a quantity above 0 is
   * PRICE_NOT_APPLICABLE.
   */
  readonly needsRateOf: TokenMeterName;
}

/** Names of the meters of token prices, supersets first. */
export const tokenMeterNames = [
  "input_tokens",
  "output_tokens",
  "cached_input_tokens",
  "cache_creation_input_tokens",
  "cache_creation_1h_input_tokens",
  "input_audio_tokens",
  "cached_input_audio_tokens",
  "cache_creation_input_audio_tokens",
  "input_image_tokens",
  "reasoning_output_tokens",
  "output_audio_tokens",
  "output_image_tokens",
  "output_video_tokens",
] as const;
export type TokenMeterName = (typeof tokenMeterNames)[number];

/**
 * Every meter of a token price. `input_tokens` is the whole prompt and `output_tokens` the whole answer; the
 * others are parts of them.
 */
export const tokenMeters: Readonly<Record<TokenMeterName, TokenMeter>> = {
  input_tokens: { displayName: "input tokens", subsetOf: [], needsRateOf: "input_tokens" },
  output_tokens: { displayName: "output tokens", subsetOf: [], needsRateOf: "output_tokens" },
  cached_input_tokens: {
    displayName: "cached input tokens",
    subsetOf: ["input_tokens"],
    needsRateOf: "input_tokens",
  },
  cache_creation_input_tokens: {
    displayName: "cache creation input tokens",
    subsetOf: ["input_tokens"],
    needsRateOf: "input_tokens",
  },
  // Those kept for an hour instead of minutes: a part of all that were created.
  cache_creation_1h_input_tokens: {
    displayName: "1-hour cache creation input tokens",
    subsetOf: ["cache_creation_input_tokens"],
    needsRateOf: "input_tokens",
  },
  input_audio_tokens: {
    displayName: "input audio tokens",
    subsetOf: ["input_tokens"],
    needsRateOf: "input_audio_tokens",
  },
  // A part of both; without a rate of their own the cached one applies, not that of fresh audio.
  cached_input_audio_tokens: {
    displayName: "cached input audio tokens",
    subsetOf: ["cached_input_tokens", "input_audio_tokens"],
    needsRateOf: "input_audio_tokens",
  },
  // Likewise of audio that the cache took in.
  cache_creation_input_audio_tokens: {
    displayName: "cache creation input audio tokens",
    subsetOf: ["cache_creation_input_tokens", "input_audio_tokens"],
    needsRateOf: "input_audio_tokens",
  },
  input_image_tokens: {
    displayName: "input image tokens",
    subsetOf: ["input_tokens"],
    needsRateOf: "input_tokens",
  },
  reasoning_output_tokens: {
    displayName: "reasoning output tokens",
    subsetOf: ["output_tokens"],
    needsRateOf: "output_tokens",
  },
  output_audio_tokens: {
    displayName: "output audio tokens",
    subsetOf: ["output_tokens"],
    needsRateOf: "output_audio_tokens",
  },
  output_image_tokens: {
    displayName: "output image tokens",
    subsetOf: ["output_tokens"],
    needsRateOf: "output_image_tokens",
  },
  output_video_tokens: {
    displayName: "output video tokens",
    subsetOf: ["output_tokens"],
    needsRateOf: "output_video_tokens",
  },
};

/** What a price says of the token meters when it has rates for some of them. */
export function describeTokenMeters(rated: ReadonlySet<TokenMeterName>): Meter[] {
  return tokenMeterNames.map((meter) => {
    const { displayName, subsetOf, needsRateOf } = tokenMeters[meter];
    const billed = rated.has(meter) || rated.has(needsRateOf);
    return { meter, displayName, subsetOf: billed ? subsetOf : [] };
  });
}

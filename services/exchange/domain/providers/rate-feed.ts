import type { Validators } from "#platform/http-client/fetch-outbound.ts";
import type { Publication } from "../rates/rate-book.ts";
import type { RateProvider } from "./provider-directory.ts";

/** What a provider answered. */
export interface FeedReading {
  /** Oldest first. Rates are as published, not checked yet. */
  readonly publications: readonly Publication[];
  /** Given back, the next answer may be that nothing has changed. */
  readonly validators: Validators;
}

/**
 * Asks a provider for its rates; undefined if it says that nothing has changed since the validators.
 *
 * @throws ExchangeError PROVIDER_UNREACHABLE, PROVIDER_ANSWER_INVALID.
 */
export type FeedReader = (
  provider: RateProvider,
  validators: Validators,
  signal: AbortSignal,
) => Promise<FeedReading | undefined>;

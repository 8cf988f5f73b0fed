import type { Reason } from "./error-catalogue.ts";
import type { HoldfastError } from "./holdfast-error.ts";

/** How often, and after which pauses, what is safe to repeat is repeated. */
export interface RetryOptions {
  /** Most times that one call is sent. Default 5; 1 means never again. */
  readonly maxAttempts?: number;
  /** The pause after the nth failure is random, up to this × 2ⁿ⁻¹ milliseconds. Default 100. */
  readonly backoffBaseMs?: number;
  /** Longest such pause in milliseconds; a longer one that the server asks for is kept. Default 2,000. */
  readonly backoffMaxMs?: number;
}

/** {@link RetryOptions} with every bound stated. */
export type RetryPolicy = Required<RetryOptions>;

export const defaultRetry: RetryPolicy = { maxAttempts: 5, backoffBaseMs: 100, backoffMaxMs: 2_000 };

/** Most attempts where a reason allows fewer than the policy: a fault of the server rarely passes by itself. */
const maxAttemptsByReason: Partial<Record<Reason, number>> = { INTERNAL: 2 };

/** A failure and what there is still room for. */
export interface RetryQuestion {
  readonly error: Pick<HoldfastError, "reason" | "retryable" | "retryAfterMs" | "attempts">;
  /** Time left for the whole call in milliseconds. */
  readonly remainingMs: number;
  readonly policy: RetryPolicy;
  /** A random number from 0 up to 1. */
  readonly random: number;
}

/**
 * How long to pause in milliseconds before the next attempt; undefined if there shall be none. Full jitter, so
 * that clients who failed together don't come back together, on top of what the server asked for.
 */
export function pauseBeforeRetry({ error, remainingMs, policy, random }: RetryQuestion): number | undefined {
  const maxAttempts = Math.min(policy.maxAttempts, maxAttemptsByReason[error.reason] ?? policy.maxAttempts);
  if (!error.retryable || error.attempts >= maxAttempts) return undefined;
  const exponent = Math.min(error.attempts - 1, 30);
  const jitterMs = random * Math.min(policy.backoffMaxMs, policy.backoffBaseMs * 2 ** exponent);
  const pauseMs = (error.retryAfterMs ?? 0) + jitterMs;
  return pauseMs < remainingMs ? pauseMs : undefined;
}

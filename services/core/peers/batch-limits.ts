import { CommonError } from "#platform/errors/common-error.ts";

/** Bounds of the batches that Core sends to its peers. */
export const batchLimits = { maxItems: 1_000, maxPending: 50_000 } as const;

/** The refusal beyond these bounds. */
export function batchOverloaded(service: string): CommonError {
  return new CommonError("OVERLOADED", `too many calls wait for ${service}`, { retryAfterMs: 250 });
}

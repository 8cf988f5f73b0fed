import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ChargeBatchRequest,
  ChargeBatchRequestSchema,
  type ChargeBatchResponse,
  type ChargeBatchResult,
} from "../gen/billing/core/v1/charge_rpc_pb.ts";
import { pause } from "./attempt.ts";
import { type CallBounds, type CallOptions, resolveBounds } from "./call-options.ts";
import { withIdempotencyKeys } from "./idempotency-key.ts";
import { pauseBeforeRetry } from "./retry.ts";

type ChargeBatch = (
  request: MessageInitShape<typeof ChargeBatchRequestSchema>,
  options?: CallOptions,
) => Promise<ChargeBatchResponse>;

/**
 * ChargeBatch that sends lines of unknown outcome again, with their keys, within the bounds of the call. Lines
 * that stay unknown have their key in the error's metadata as `idempotency_key`: sent again with it, they
 * cannot be debited twice.
 */
export function chargeBatchUntilKnown(chargeBatch: ChargeBatch, client: CallBounds): ChargeBatch {
  return async (request, options = {}) => {
    const { timeoutMs, policy } = resolveBounds(options, client, true);
    const endsAtMs = performance.now() + timeoutMs;
    const { charges } = withIdempotencyKeys(ChargeBatchRequestSchema, request) as ChargeBatchRequest;
    const response = await chargeBatch({ charges }, options);
    const { results } = response;
    for (let attempts = 1; unknownLines(results).length > 0; attempts++) {
      const remainingMs = endsAtMs - performance.now();
      const pauseMs = pauseBeforeRetry({
        error: { reason: "STORE_UNAVAILABLE", retryable: true, retryAfterMs: undefined, attempts },
        remainingMs,
        policy,
        random: Math.random(),
      });
      if (pauseMs === undefined) break;
      try {
        await pause(pauseMs, options.signal);
        const lines = unknownLines(results);
        const again = await chargeBatch(
          { charges: lines.flatMap((line) => charges[line] ?? []) },
          { ...options, timeoutMs: remainingMs - pauseMs },
        );
        for (const [index, line] of lines.entries()) results[line] = again.results[index] ?? results[line]!;
      } catch {
        // What the other lines came to is known, and must reach the caller.
        break;
      }
    }
    for (const line of unknownLines(results)) nameKey(results[line], charges[line]?.idempotencyKey ?? "");
    return response;
  };
}

function unknownLines(results: readonly ChargeBatchResult[]): number[] {
  return [...results.keys()].filter((line) => results[line]?.result.case === "outcomeUnknown");
}

function nameKey(line: ChargeBatchResult | undefined, key: string): void {
  if (line?.result.case === "outcomeUnknown") line.result.value.metadata.idempotency_key = key;
}

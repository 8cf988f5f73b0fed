import { type Backoff, backoffMs } from "#platform/clock/backoff.ts";
import type { AttemptRecord, DeliveryRecord } from "../../store/deliveries/delivery-record.ts";
import type { SendOutcome } from "./send-outcome.ts";

/** For how long attempts are repeated, counted from when the delivery was made. */
export const attemptsForMs = 24 * 60 * 60 * 1_000;
/** The pauses between them. */
export const attemptPauses: Backoff = { firstMs: 5_000, maxMs: 60 * 60 * 1_000 };
const attemptsKept = 20;

/** An attempt that ended. */
export interface Attempt {
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: SendOutcome;
}

/**
 * The delivery after an attempt: delivered, failed for good, or pending until its next attempt. A refusal that
 * asks to wait is waited for, within the time that attempts have. A test is not repeated.
 */
export function afterAttempt(
  delivery: DeliveryRecord,
  { atMs, durationMs, outcome }: Attempt,
  pauses: Backoff = attemptPauses,
  random = Math.random(),
): DeliveryRecord {
  const { nextAttemptAtMs: _, ...rest } = delivery;
  const noted: AttemptRecord = {
    atMs,
    durationMs,
    httpStatus: outcome.httpStatus,
    error: outcome.ok ? "" : outcome.error,
  };
  const counted = {
    ...rest,
    attemptCount: delivery.attemptCount + 1,
    attempts: [...delivery.attempts, noted].slice(-attemptsKept),
  };
  const endedAtMs = atMs + Math.round(durationMs);
  if (outcome.ok) return { ...counted, state: "delivered", deliveredAtMs: endedAtMs };
  if (delivery.state === "discarded") return counted;
  const waitMs = Math.max(backoffMs(counted.attemptCount, pauses, random), outcome.retryAfterMs ?? 0);
  const nextAttemptAtMs = Math.round(endedAtMs + waitMs);
  const isLast = outcome.isFinal || delivery.kind === "test";
  if (isLast || nextAttemptAtMs > delivery.createdAtMs + attemptsForMs)
    return { ...counted, state: "failed" };
  return { ...counted, nextAttemptAtMs };
}

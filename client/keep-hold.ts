import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { BillingCoreService } from "../gen/billing/core/v1/billing_core_service_pb.ts";
import type { Reservation } from "../gen/billing/core/v1/reservation_pb.ts";
import { HoldfastError } from "./holdfast-error.ts";
import type { ServiceCalls } from "./service-calls.ts";

type Extend = Pick<ServiceCalls<typeof BillingCoreService>, "extendReservation">["extendReservation"];

/** A hold that is extended as long as it is needed. */
export interface KeptHold {
  /** When it ends by itself, as the server said last. */
  expiresAt(): Date;
  /** Extends it no more. */
  stop(): void;
}

/** Longest life of a hold with its extensions, less what a late extension may take on its way. */
const longestLifeMs = 86_400_000 - 30_000;
/** An extension by less is not worth a call, unless the whole hold is short. */
const leastGainMs = 1_000;

/**
 * Extends a hold to its first length again, whenever half of the time is over, up to 24 h in all. Where nothing
 * answers it tries again until the hold has expired; where the server refuses, it gives up and the hold ends as
 * said last.
 *
 * @param startedMs from when its time counts, by `performance.now()`: before it was asked for.
 */
export function keepHold(
  extend: Extend,
  reservation: Reservation,
  startedMs: number,
  callBounds: { readonly timeoutMs?: number },
): KeptHold {
  const stopping = new AbortController();
  const createdAt = reservation.createdAt ? timestampMs(reservation.createdAt) : Date.now();
  let expiresAtMs = reservation.expiresAt ? timestampMs(reservation.expiresAt) : createdAt;
  // By the server's clock alone, which need not agree with the one here.
  const ttlMs = expiresAtMs - createdAt;
  let endsMs = startedMs + ttlMs;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const extendOnce = async () => {
    const sentMs = performance.now();
    const nextTtlMs = Math.min(ttlMs, startedMs + longestLifeMs - sentMs);
    if (sentMs + nextTtlMs < endsMs + Math.min(leastGainMs, ttlMs / 4)) return;
    try {
      const { reservation: extended } = await extend(
        { reservationId: reservation.reservationId, holdTtl: durationFromMs(Math.floor(nextTtlMs)) },
        { ...callBounds, signal: stopping.signal },
      );
      if (extended?.expiresAt) expiresAtMs = timestampMs(extended.expiresAt);
      endsMs = sentMs + nextTtlMs;
    } catch (error) {
      if (!(error instanceof HoldfastError && error.retryable)) return;
    }
    plan();
  };
  const plan = () => {
    const leftMs = endsMs - performance.now();
    if (stopping.signal.aborted || leftMs <= 0) return;
    timer = setTimeout(() => void extendOnce(), leftMs / 2);
    // In Node: what shall keep the process alive is the work, not its hold.
    (timer as { unref?: () => void }).unref?.();
  };
  plan();
  return {
    expiresAt: () => new Date(expiresAtMs),
    stop: () => {
      clearTimeout(timer);
      stopping.abort();
    },
  };
}

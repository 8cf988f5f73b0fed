import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { BillingCoreService } from "../gen/billing/core/v1/billing_core_service_pb.ts";
import type { Overage, Reservation } from "../gen/billing/core/v1/reservation_pb.ts";
import {
  type CommitRequest,
  CommitRequestSchema,
  type CommitResponse,
} from "../gen/billing/core/v1/reservation_rpc_pb.ts";
import { longestTimerMs } from "./attempt.ts";
import { type Cost, priceOf } from "./cost.ts";
import { HoldfastError } from "./holdfast-error.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { keepHold } from "./keep-hold.ts";
import { canceledCall } from "./read-error.ts";
import type { ServiceCalls } from "./service-calls.ts";
import { SettlementError } from "./settlement-error.ts";

/** What the work under a hold is given. */
export interface Hold {
  readonly reservation: Reservation;
  readonly reservationId: string;
  /** When the hold ends by itself; moves on while it is extended. */
  readonly expiresAt: Date;
  /** Aborted with the caller's signal: the work should end soon, by throwing or with what it cost so far. */
  readonly signal: AbortSignal;
}

/** What the work under a hold came to. */
export interface Settled<T> {
  /** What the work gave as `result`. */
  readonly result: T;
  /** What was taken, and the balance after it. */
  readonly commit: CommitResponse;
}

/** Options of work under a hold. */
export interface WithReservationOptions {
  /**
   * How long the hold lasts without a sign of life from here, in milliseconds: 1,000 to 86,400,000. Default
   * 600,000 (ten minutes).
   */
  readonly holdTtlMs?: number;
  /** What happens when the work cost more than is held. Default debt: all of it is taken. */
  readonly overage?: Overage;
  /** Settle also a hold that expired meanwhile, as a direct debit, since the usage has happened. Default true. */
  readonly acceptExpired?: boolean;
  /** Text for people, on the hold and on the entry that settles it. */
  readonly description?: string;
  /** Facts for programs, on the hold and on the entry that settles it. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Key of the hold, where the caller repeats the whole. Default a random one. */
  readonly idempotencyKey?: string;
  /** Aborts the work. */
  readonly signal?: AbortSignal;
  /** How long aborted work may take to end in milliseconds, before it is given up. Default 5,000. */
  readonly abortGraceMs?: number;
  /** Bound of each of the calls around the work in milliseconds. Default the client's. */
  readonly timeoutMs?: number;
  /** Told when a hold could not be released after the work failed; it ends by itself at its expiry. */
  readonly onReleaseError?: (error: HoldfastError, reservation: Reservation) => void;
}

/** See `CoreCalls.withReservation`. */
export interface WithReservation {
  <T>(
    accountId: string,
    estimate: Cost,
    work: (hold: Hold) => (Cost & { readonly result: T }) | Promise<Cost & { readonly result: T }>,
    options?: WithReservationOptions,
  ): Promise<Settled<T>>;
  (
    accountId: string,
    estimate: Cost,
    work: (hold: Hold) => Cost | Promise<Cost>,
    options?: WithReservationOptions,
  ): Promise<Settled<undefined>>;
}

type Core = Pick<
  ServiceCalls<typeof BillingCoreService>,
  "reserve" | "extendReservation" | "commit" | "release"
>;
type Outcome = Cost & { readonly result?: unknown };
type Work = (hold: Hold) => Outcome | Promise<Outcome>;

const defaultAbortGraceMs = 5_000;

/** Work under a hold, on the three calls that it needs. */
export function createWithReservation(core: Core): WithReservation {
  const run = async (
    accountId: string,
    estimate: Cost,
    work: Work,
    options: WithReservationOptions = {},
  ): Promise<Settled<unknown>> => {
    if (options.signal?.aborted) throw canceledCall(options.signal.reason);
    const startedMs = performance.now();
    const reservation = await reserve(core, accountId, estimate, options);
    let outcome: Outcome;
    let request: CommitRequest;
    try {
      outcome = await runWork(core, work, reservation, startedMs, options);
      request = commitRequestOf(reservation, outcome, options);
    } catch (error) {
      await release(core, reservation, options);
      throw error;
    }
    return { result: outcome.result, commit: await settle(core, accountId, request, outcome, options) };
  };
  return run as WithReservation;
}

/** Not ended by the signal: a hold that may have been made is to be known, so that it can be released. */
async function reserve(
  core: Core,
  accountId: string,
  estimate: Cost,
  options: WithReservationOptions,
): Promise<Reservation> {
  const { reservation } = await core.reserve(
    {
      accountId,
      price: priceOf(estimate),
      ...(options.holdTtlMs === undefined ? {} : { holdTtl: durationFromMs(options.holdTtlMs) }),
      ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
      ...labelsOf(options),
    },
    boundsOf(options),
  );
  if (reservation === undefined) throw new TypeError("the answer to Reserve has no reservation");
  return reservation;
}

async function runWork(
  core: Core,
  work: Work,
  reservation: Reservation,
  startedMs: number,
  options: WithReservationOptions,
): Promise<Outcome> {
  const { signal = new AbortController().signal } = options;
  if (signal.aborted) throw canceledCall(signal.reason);
  const kept = keepHold(core.extendReservation, reservation, startedMs, boundsOf(options));
  const hold: Hold = {
    reservation,
    reservationId: reservation.reservationId,
    get expiresAt() {
      return kept.expiresAt();
    },
    signal,
  };
  try {
    const working = (async () => work(hold))();
    return await withinGrace(working, signal, options.abortGraceMs ?? defaultAbortGraceMs);
  } finally {
    kept.stop();
  }
}

/** Work that the caller aborted may still say what it cost; work that does not end in time is given up. */
function withinGrace<T>(working: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const startGrace = () => {
      timer = setTimeout(() => reject(canceledCall(signal.reason)), Math.min(graceMs, longestTimerMs));
    };
    if (signal.aborted) startGrace();
    else signal.addEventListener("abort", startGrace, { once: true });
    void working.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", startGrace);
    });
  });
}

function commitRequestOf(
  reservation: Reservation,
  outcome: Outcome,
  options: WithReservationOptions,
): CommitRequest {
  return create(CommitRequestSchema, {
    reservationId: reservation.reservationId,
    price: priceOf(outcome),
    ...(options.overage === undefined ? {} : { overage: options.overage }),
    acceptExpired: options.acceptExpired ?? true,
    idempotencyKey: newIdempotencyKey(),
    ...labelsOf(options),
  });
}

async function settle(
  core: Core,
  accountId: string,
  request: CommitRequest,
  outcome: Outcome,
  options: WithReservationOptions,
): Promise<CommitResponse> {
  try {
    return await core.commit(request, boundsOf(options));
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    throw new SettlementError(error, accountId, request, outcome.result);
  }
}

/** What made the work fail matters to the caller, not that its hold lasts until its expiry. */
async function release(core: Core, reservation: Reservation, options: WithReservationOptions): Promise<void> {
  try {
    await core.release({ reservationId: reservation.reservationId }, boundsOf(options));
  } catch (error) {
    if (error instanceof HoldfastError) options.onReleaseError?.(error, reservation);
  }
}

function labelsOf({ description, metadata }: WithReservationOptions) {
  return {
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
  };
}

function boundsOf({ timeoutMs }: WithReservationOptions): { timeoutMs?: number } {
  return timeoutMs === undefined ? {} : { timeoutMs };
}

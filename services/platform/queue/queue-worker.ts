import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "../clock/backoff.ts";
import { DeliveryFailure } from "./delivery-failure.ts";
import type { Delivery, DurableQueue } from "./durable-queue.ts";

/** How a worker works. */
export interface WorkerOptions {
  readonly queue: DurableQueue;
  /**
   * Handles one message; returning means done, throwing means another attempt later (see DeliveryFailure). The
   * signal aborts when the lease is about to end, or the worker stops: whatever it does then no longer counts.
   */
  handle(delivery: Delivery, signal: AbortSignal): Promise<void>;
  /** Messages handled at a time. Default 4. */
  readonly concurrency?: number;
  /**
   * The time that handling one message has, in milliseconds; after it a killed worker's message is delivered
   * again. Default 60,000.
   */
  readonly leaseMs?: number;
  /** Longest pause between looks for messages that another process put, in milliseconds. Default 500. */
  readonly pollMs?: number;
  /** For failures that don't say how long to wait. Default: 1 s doubling up to 1 h. */
  readonly backoff?: Backoff;
  /** Told of what fails besides the handler, of handlers that take too long, and of leases that were lost. */
  readonly onError?: (error: unknown) => void;
}

/** A running worker. */
export interface QueueWorker {
  /**
   * Takes no more messages, gives those under way `graceMs` to finish, then aborts them and gives them back.
   * May be called twice.
   */
  stop(graceMs: number): Promise<void>;
}

const defaultLeaseMs = 60_000;
const defaultBackoff: Backoff = { firstMs: 1_000, maxMs: 3_600_000 };
/** A handler ends before its lease does, so that its outcome can still be noted. */
const handlingShare = 0.9;
const settlePauseMs = 100;

/** One message under way. */
interface Handling {
  readonly delivery: Delivery;
  /** When its lease ends, by performance.now(). */
  readonly leaseEndsMs: number;
  readonly abort: AbortController;
}

/** Why a handler was aborted; its own outcome then no longer counts. */
const timedOut = Symbol("the lease is about to end");
const stopped = Symbol("the worker stops");

/** Starts handling a queue's messages, until stopped. Several workers, here and elsewhere, share the work. */
export function startWorker(options: WorkerOptions): QueueWorker {
  const { queue, concurrency = 4, leaseMs = defaultLeaseMs, pollMs = 500, onError = () => {} } = options;
  const running = new Map<Promise<void>, AbortController>();
  let isStopping = false;
  let wake = () => {};
  const stopListening = queue.onEnqueue(() => wake());

  const start = (delivery: Delivery, leaseEndsMs: number) => {
    const abort = new AbortController();
    const handling = handleDelivery(options, { delivery, leaseEndsMs, abort }).finally(() =>
      running.delete(handling),
    );
    running.set(handling, abort);
  };
  /** Claims what there is room for; gives how long to pause. */
  const look = async (room: number): Promise<number> => {
    // The lease begins on the server, later than this.
    const leaseEndsMs = performance.now() + leaseMs;
    const { deliveries, nextDueMs = pollMs } = await queue.claim(room, leaseMs);
    for (const delivery of deliveries) start(delivery, leaseEndsMs);
    return deliveries.length === room ? 0 : Math.min(pollMs, nextDueMs);
  };
  const work = async () => {
    while (!isStopping) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const room = concurrency - running.size;
      if (room <= 0) {
        await Promise.race([...running.keys(), woken]);
        continue;
      }
      const pauseMs = await look(room).catch((error: unknown) => {
        onError(error);
        return pollMs;
      });
      if (pauseMs > 0 && !isStopping) await pauseUntil(woken, pauseMs);
    }
  };
  const working = work();

  return {
    async stop(graceMs) {
      isStopping = true;
      stopListening();
      wake();
      await working;
      const grace = setTimeout(() => {
        for (const abort of running.values()) abort.abort(stopped);
      }, graceMs);
      await Promise.all(running.keys());
      clearTimeout(grace);
    },
  };
}

async function pauseUntil(woken: Promise<void>, pauseMs: number): Promise<void> {
  const pause = new AbortController();
  await Promise.race([woken, sleep(pauseMs, undefined, { signal: pause.signal }).catch(() => {})]);
  pause.abort();
}

async function handleDelivery(options: WorkerOptions, handling: Handling): Promise<void> {
  const { onError = () => {} } = options;
  const { delivery, leaseEndsMs } = handling;
  const outcome = await attempt(options, handling);
  if (outcome?.error === timedOut) onError(new Error(`message ${delivery.id} was not handled in time`));
  // What cannot be noted before the lease ends is delivered again.
  do {
    try {
      if (!(await note(options, delivery, outcome))) {
        onError(new Error(`the lease of message ${delivery.id} was lost`));
      }
      return;
    } catch (error) {
      onError(error);
      await sleep(settlePauseMs);
    }
  } while (performance.now() < leaseEndsMs);
}

/** Undefined if the handler returned, else what went wrong; does not wait for a handler that ignores the signal. */
async function attempt(
  { handle, leaseMs = defaultLeaseMs }: WorkerOptions,
  { delivery, leaseEndsMs, abort }: Handling,
): Promise<{ readonly error: unknown } | undefined> {
  const { signal } = abort;
  const handlingMs = leaseEndsMs - performance.now() - leaseMs * (1 - handlingShare);
  const timer = setTimeout(() => abort.abort(timedOut), Math.max(0, handlingMs));
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  // A handler that throws before it gives a promise leaves nobody waiting for this one.
  aborted.catch(() => {});
  try {
    await Promise.race([handle(delivery, signal), aborted]);
    return undefined;
  } catch (error) {
    return { error: signal.aborted ? signal.reason : error };
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the queue how an attempt ended; false if its lease was lost. */
async function note(
  { queue, backoff = defaultBackoff }: WorkerOptions,
  delivery: Delivery,
  outcome: { readonly error: unknown } | undefined,
): Promise<boolean> {
  if (outcome === undefined) return queue.complete(delivery);
  const { error } = outcome;
  if (error === stopped) return (await queue.release(delivery)) !== "LOST";
  const reason = error === timedOut ? "not handled in time" : describe(error);
  const failure = error instanceof DeliveryFailure ? error : undefined;
  if (failure?.isPermanent) return (await queue.bury(delivery, reason)) !== "LOST";
  const waitMs = failure?.retryAfterMs ?? backoffMs(delivery.attempt, backoff);
  return (await queue.fail(delivery, reason, waitMs)) !== "LOST";
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

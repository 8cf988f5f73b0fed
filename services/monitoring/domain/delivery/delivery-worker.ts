import type { Backoff } from "#platform/clock/backoff.ts";
import { DeliveryFailure } from "#platform/queue/delivery-failure.ts";
import { type QueueWorker, startWorker } from "#platform/queue/queue-worker.ts";
import type { DeliveryRecord } from "../../store/deliveries/delivery-record.ts";
import type { DeliveryStore, StoredDelivery } from "../../store/deliveries/delivery-store.ts";
import { TargetSealed } from "../channels/channel-seal.ts";
import type { Channel, Channels } from "../channels/channels.ts";
import { afterAttempt } from "./attempt.ts";
import type { Sending, SendNotification, SendOutcome } from "./send-outcome.ts";

/** What sending needs. */
export interface DeliveryOptions {
  readonly store: DeliveryStore;
  readonly channels: Pick<Channels, "get" | "targetOf">;
  readonly send: SendNotification;
  /** Told of each notification that arrived; may be told again. */
  readonly onDelivered: (delivery: DeliveryRecord) => Promise<void>;
  /** Told of each attempt, with the delivery after it. */
  readonly onAttempt: (delivery: DeliveryRecord) => void;
  readonly onError: (error: unknown) => void;
  /** Pauses between attempts. Default: 5 s, doubling up to 1 h. */
  readonly pauses?: Backoff;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** An attempt has 10 s; the rest is for noting its outcome while Redis is away for a moment. */
const leaseMs = 30_000;
const notificationsAtOnce = 8;

/** Starts to send what waits in the queue; several instances share the work. */
export function startDeliveries(options: DeliveryOptions): QueueWorker {
  return startWorker({
    queue: options.store.queue,
    concurrency: notificationsAtOnce,
    leaseMs,
    onError: options.onError,
    handle: async ({ id }, signal) => {
      const delivery = await options.store.get(id);
      if (delivery?.record.state !== "pending") return;
      const channel = options.channels.get(delivery.record.channelId);
      if (channel === undefined || channel.value.disabled) return discardDelivery(options.store, id);
      const after = await attemptDelivery(options, channel, delivery, signal);
      if (after?.state !== "pending") return;
      // The wait is planned with the delivery, so that its next attempt can be shown.
      throw new DeliveryFailure(after.attempts.at(-1)?.error ?? "failed", {
        retryAfterMs: Math.max(0, (after.nextAttemptAtMs ?? 0) - options.now()),
      });
    },
  });
}

/** Sends a delivery once and notes what came of it; undefined if it is gone by then. */
export async function attemptDelivery(
  options: Omit<DeliveryOptions, "onError">,
  channel: Channel,
  delivery: StoredDelivery,
  signal: AbortSignal,
): Promise<DeliveryRecord | undefined> {
  const { store, now } = options;
  const { deliveryId } = delivery.record;
  const payload = (await store.payload(deliveryId)) ?? "";
  const atMs = now();
  const startedAtMs = performance.now();
  const outcome = await sendTo(options, channel, { deliveryId, payload, signal });
  signal.throwIfAborted();
  const attempt = { atMs, durationMs: performance.now() - startedAtMs, outcome };
  for (let before: StoredDelivery | undefined = delivery; before !== undefined; ) {
    const after = afterAttempt(before.record, attempt, options.pauses);
    const known = await store.status(channel.id);
    const status = {
      lastDeliveredAtMs: after.deliveredAtMs ?? known.lastDeliveredAtMs,
      lastError: outcome.ok ? "" : outcome.error,
    };
    if (await store.replace(before, after, status)) {
      options.onAttempt(after);
      if (outcome.ok) await options.onDelivered(after);
      return after;
    }
    before = await store.get(deliveryId);
  }
  return undefined;
}

/** Secrets that cannot be read can be again: a key is missing in the configuration. */
async function sendTo(
  { channels, send }: Pick<DeliveryOptions, "channels" | "send">,
  channel: Channel,
  sending: Omit<Sending, "target">,
): Promise<SendOutcome> {
  try {
    return await send({ ...sending, target: channels.targetOf(channel) });
  } catch (error) {
    if (!(error instanceof TargetSealed)) throw error;
    return { ok: false, httpStatus: 0, error: error.message, isFinal: false, retryAfterMs: undefined };
  }
}

/** Gives up a delivery that waits; what is under way may still arrive. */
export async function discardDelivery(store: DeliveryStore, deliveryId: string): Promise<void> {
  for (;;) {
    const before = await store.get(deliveryId);
    if (before?.record.state !== "pending") return;
    const { nextAttemptAtMs: _, ...rest } = before.record;
    if (await store.replace(before, { ...rest, state: "discarded" })) return;
  }
}

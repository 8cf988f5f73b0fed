import { createHash, randomBytes } from "node:crypto";
import { CommonError } from "#platform/errors/common-error.ts";
import { QueueRefusal } from "#platform/queue/durable-queue.ts";
import type { DeliveryRecord, DeliveryState } from "../../store/deliveries/delivery-record.ts";
import { deliveryIdAt } from "../../store/deliveries/delivery-store.ts";
import type { Channels } from "../channels/channels.ts";
import { MonitoringError } from "../monitoring-error.ts";
import { attemptDelivery, type DeliveryOptions, discardDelivery } from "./delivery-worker.ts";
import { toWebhookPayload } from "./notification.ts";

/** What deliveries need. */
export interface DeliveriesOptions extends DeliveryOptions {
  readonly channels: Pick<Channels, "get" | "requireEnabled" | "targetOf">;
  /** Address of the dashboard; empty if none is configured. */
  readonly externalUrl: string;
}

/** Which deliveries to list. */
export interface DeliveryFilter {
  /** Empty: all. */
  readonly channelId: string;
  readonly state: DeliveryState | undefined;
  /** Empty: all. */
  readonly alertId: string;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
}

/** Part of a list. */
export interface DeliveryPage {
  readonly deliveries: readonly DeliveryRecord[];
  /** Where the next page begins; undefined at the end. */
  readonly belowId: string | undefined;
}

const lookedAtOnce = 500;
const mostLookedAt = 2_000;
/** Above every id. */
const aboveAll = "g";
const testTimeoutMs = 10_000;

/** The log of notifications. */
export class Deliveries {
  readonly #options: DeliveriesOptions;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Newest first; looks at a bounded number of them, so that a page may be empty and not the last. */
  async list(filter: DeliveryFilter, count: number, belowId: string | undefined): Promise<DeliveryPage> {
    const fromId = filter.startMs === undefined ? "0" : deliveryIdAt(filter.startMs);
    const endId = filter.endMs === undefined ? aboveAll : deliveryIdAt(filter.endMs);
    const found: DeliveryRecord[] = [];
    let below = belowId ?? endId;
    for (let looked = 0; looked < mostLookedAt; looked += lookedAtOnce) {
      const next = await this.#options.store.listBelow(below, fromId, lookedAtOnce);
      for (const delivery of next) {
        if (found.length === count) return { deliveries: found, belowId: below };
        below = delivery.deliveryId;
        if (isWanted(delivery, filter)) found.push(delivery);
      }
      if (next.length < lookedAtOnce) return { deliveries: found, belowId: undefined };
    }
    return { deliveries: found, belowId: below };
  }

  /** Sends a test notification now; what comes of it is in the delivery. @throws CHANNEL_NOT_FOUND, CHANNEL_DISABLED. */
  async test(channelId: string): Promise<DeliveryRecord> {
    const { store, channels, externalUrl, now } = this.#options;
    const channel = channels.requireEnabled(channelId);
    const createdAtMs = now();
    const labels = { alertname: "HoldfastTest", severity: "info" };
    const payload = toWebhookPayload({
      receiver: channelId,
      groupLabels: { alertname: labels.alertname },
      alerts: [
        {
          alertId: "",
          status: "firing",
          labels,
          annotations: { summary: `A test of the channel ${channelId}. Nothing is wrong.` },
          startsAtMs: createdAtMs,
          endsAtMs: undefined,
          generatorUrl: externalUrl,
          fingerprint: "0000000000000000",
        },
      ],
      maxAlerts: 1,
      externalUrl,
    });
    const record: DeliveryRecord = {
      deliveryId: newDeliveryId(createdAtMs),
      channelId,
      // Until the outcome is known: a test that is cut off has failed, and nobody repeats it.
      state: "failed",
      kind: "test",
      groupKey: payload.groupKey,
      alertIds: [],
      alertCount: 1,
      createdAtMs,
      attemptCount: 0,
      attempts: [],
      redeliveryOf: "",
    };
    await store.create({ record, payload: JSON.stringify(payload) });
    const delivery = await store.get(record.deliveryId);
    const signal = AbortSignal.timeout(testTimeoutMs + 1_000);
    return (delivery && (await attemptDelivery(this.#options, channel, delivery, signal))) ?? record;
  }

  /**
   * Puts the same notification into the queue again.
   *
   * @throws DELIVERY_NOT_FOUND, DELIVERY_PENDING, CHANNEL_NOT_FOUND, CHANNEL_DISABLED, IDEMPOTENCY_KEY_REUSED.
   */
  async redeliver(deliveryId: string, idempotencyKey: string): Promise<DeliveryRecord> {
    const { store, channels, now } = this.#options;
    const digest = createHash("sha256").update(idempotencyKey).digest("base64url");
    const earlier = await store.findRequest(digest);
    if (earlier !== undefined) return this.#replay(earlier, deliveryId);
    const original = await store.get(deliveryId);
    const payload = await store.payload(deliveryId);
    if (original === undefined || payload === undefined) throw deliveryNotFound(deliveryId);
    if (original.record.state === "pending") throw deliveryPending(original.record);
    channels.requireEnabled(original.record.channelId);
    const createdAtMs = now();
    const { deliveredAtMs: _d, nextAttemptAtMs: _n, ...repeated } = original.record;
    const record: DeliveryRecord = {
      ...repeated,
      deliveryId: newDeliveryId(createdAtMs),
      state: "pending",
      createdAtMs,
      nextAttemptAtMs: createdAtMs,
      attemptCount: 0,
      attempts: [],
      redeliveryOf: deliveryId,
    };
    const meaning = `${record.deliveryId} ${deliveryId}`;
    const raced = await store.create({ record, payload, request: { digest, meaning } }).catch(explainRefusal);
    return raced === undefined ? record : this.#replay(raced, deliveryId);
  }

  /** Gives up what waits for a channel. */
  async discardAll(channelId: string): Promise<void> {
    const { store } = this.#options;
    for (const id of await store.pendingIds(channelId)) await discardDelivery(store, id);
    await store.forgetStatus(channelId);
  }

  async #replay(meaning: string, deliveryId: string): Promise<DeliveryRecord> {
    const [madeId = "", ofId = ""] = meaning.split(" ");
    if (ofId !== deliveryId) {
      throw new CommonError("IDEMPOTENCY_KEY_REUSED", "the idempotency key belongs to another delivery");
    }
    const made = await this.#options.store.get(madeId);
    if (made === undefined) throw deliveryNotFound(madeId);
    return made.record;
  }
}

/** An id in the order of time. */
export function newDeliveryId(createdAtMs: number): string {
  return `${deliveryIdAt(createdAtMs)}-${randomBytes(8).toString("hex")}`;
}

function isWanted(delivery: DeliveryRecord, { channelId, state, alertId }: DeliveryFilter): boolean {
  return (
    (channelId === "" || delivery.channelId === channelId) &&
    (state === undefined || delivery.state === state) &&
    (alertId === "" || delivery.alertIds.includes(alertId))
  );
}

function deliveryNotFound(deliveryId: string): MonitoringError {
  return new MonitoringError("DELIVERY_NOT_FOUND", `there is no delivery ${deliveryId}`, {
    metadata: { delivery_id: deliveryId },
  });
}

function deliveryPending({ deliveryId, nextAttemptAtMs }: DeliveryRecord): MonitoringError {
  return new MonitoringError("DELIVERY_PENDING", `the delivery ${deliveryId} is still being attempted`, {
    metadata: {
      delivery_id: deliveryId,
      next_attempt_at: new Date(nextAttemptAtMs ?? 0).toISOString(),
    },
  });
}

function explainRefusal(error: unknown): never {
  if (!(error instanceof QueueRefusal)) throw error;
  throw new CommonError("OVERLOADED", "the queue of notifications is full", { cause: error });
}

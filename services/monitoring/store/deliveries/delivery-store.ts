import { recordCodec } from "#platform/documents/record-codec.ts";
import { type DurableQueue, openQueue, QueueRefusal } from "#platform/queue/durable-queue.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { deliveryKeys as keys } from "./delivery-keys.ts";
import { type DeliveryRecord, deliveryRecord } from "./delivery-record.ts";

/** How long deliveries are kept, in milliseconds. */
export const deliveryRetentionMs = 30 * 24 * 60 * 60 * 1_000;
/** Most deliveries that are kept; beyond it the oldest go earlier. */
export const mostDeliveriesKept = 50_000;
/** The bound of time ends attempts; this one only ends a loop of killed senders. */
const mostAttempts = 200;

const lua = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`);
/** For scripts that put a delivery as part of their own write. */
export const deliveriesLua = lua("deliveries");
const replaceScript = createScript("write-always", lua("replace"));
const codec = recordCodec(deliveryRecord);

/** A delivery, with its text as it is kept: only whoever knows it can replace it. */
export interface StoredDelivery {
  readonly record: DeliveryRecord;
  readonly text: string;
}

/** What became of a channel's last attempts. */
export interface ChannelStatus {
  /** Undefined if nothing was delivered yet. */
  readonly lastDeliveredAtMs: number | undefined;
  /** Empty if the last attempt did not fail. */
  readonly lastError: string;
}

/** What makes a new delivery. */
export interface NewDelivery {
  readonly record: DeliveryRecord;
  /** What is sent. */
  readonly payload: string;
  /** Key and meaning of the request that makes it, for one that may be repeated. */
  readonly request?: { readonly digest: string; readonly meaning: string };
}

/** Ids in order of their time; see `deliveryIdAt`. */
const idTimeDigits = 12;

/** The least id that a delivery of this time may have. */
export function deliveryIdAt(epochMs: number): string {
  return Math.max(0, Math.floor(epochMs)).toString(16).padStart(idTimeDigits, "0");
}

/** The notifications of the last 30 days, and the queue of those that wait. */
export class DeliveryStore {
  readonly queue: DurableQueue;
  readonly #redis: Redis;
  readonly #createScript: ReturnType<typeof createScript>;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.queue = openQueue({ redis, prefix: keys.queuePrefix, maxAttempts: mostAttempts });
    this.#createScript = createScript("write", this.queue.embedded.lua, deliveriesLua, lua("create"));
  }

  /**
   * Puts a delivery, and a pending one into the queue.
   *
   * @returns the meaning of an earlier request with the same key, else undefined: this one was put.
   * @throws QueueRefusal, STORE_UNAVAILABLE.
   */
  async create({ record, payload, request }: NewDelivery): Promise<string | undefined> {
    const { deliveryId, channelId, createdAtMs } = record;
    const reply = await runScript<string>(
      this.#redis,
      this.#createScript,
      [
        keys.records,
        keys.payloads,
        keys.index,
        keys.pending(channelId),
        keys.request(request?.digest ?? ""),
        ...this.queue.embedded.keys,
      ],
      [
        deliveryId,
        codec.encode(record),
        payload,
        deliveryIdAt(createdAtMs - deliveryRetentionMs),
        String(mostDeliveriesKept),
        record.state === "pending" ? "1" : "0",
        request?.meaning ?? "",
        String(deliveryRetentionMs),
        ...this.queue.embedded.arguments({ id: deliveryId, payload: "" }),
      ],
    );
    if (reply === "FULL" || reply === "PAYLOAD_TOO_LARGE") throw new QueueRefusal(reply, keys.queuePrefix);
    return reply === "OK" || reply === "DUPLICATE" ? undefined : reply;
  }

  /** The meaning of the request that had this key; undefined if there was none. */
  async findRequest(digest: string): Promise<string | undefined> {
    const key = keys.request(digest);
    return (await this.#redis.command<string | null>(key, ["GET", key])) ?? undefined;
  }

  async get(deliveryId: string): Promise<StoredDelivery | undefined> {
    const text = await this.#redis.command<string | null>(keys.records, ["HGET", keys.records, deliveryId]);
    return text === null ? undefined : { record: codec.decode(text), text };
  }

  async payload(deliveryId: string): Promise<string | undefined> {
    const reply = ["HGET", keys.payloads, deliveryId];
    return (await this.#redis.command<string | null>(keys.payloads, reply)) ?? undefined;
  }

  /** False, and nothing is changed, if the delivery is not what was read any more. */
  async replace(before: StoredDelivery, record: DeliveryRecord, status?: ChannelStatus): Promise<boolean> {
    const { deliveryId, channelId } = record;
    const replaced = await runScript<number>(
      this.#redis,
      replaceScript,
      [keys.records, keys.pending(channelId), keys.statuses],
      [
        deliveryId,
        before.text,
        codec.encode(record),
        record.state === "pending" ? "1" : "0",
        channelId,
        status === undefined ? "" : JSON.stringify(status),
      ],
    );
    return replaced === 1;
  }

  /** Up to `count` deliveries, newest first, whose ids lie below one and not below another. */
  async listBelow(belowId: string, fromId: string, count: number): Promise<DeliveryRecord[]> {
    const range = ["ZRANGE", keys.index, `(${belowId}`, `[${fromId}`, "BYLEX", "REV"];
    const limited = [...range, "LIMIT", "0", String(count)];
    const ids = await this.#redis.command<string[]>(keys.index, limited);
    if (ids.length === 0) return [];
    const texts = await this.#redis.command<Array<string | null>>(keys.records, [
      "HMGET",
      keys.records,
      ...ids,
    ]);
    return texts.filter((text) => text !== null).map((text) => codec.decode(text));
  }

  /** Ids of what waits for a channel. */
  pendingIds(channelId: string): Promise<string[]> {
    const key = keys.pending(channelId);
    return this.#redis.command<string[]>(key, ["SMEMBERS", key]);
  }

  pendingCount(channelId: string): Promise<number> {
    const key = keys.pending(channelId);
    return this.#redis.command<number>(key, ["SCARD", key]);
  }

  async status(channelId: string): Promise<ChannelStatus> {
    const command = ["HGET", keys.statuses, channelId];
    const text = await this.#redis.command<string | null>(keys.statuses, command);
    if (text === null) return { lastDeliveredAtMs: undefined, lastError: "" };
    return JSON.parse(text) as ChannelStatus;
  }

  async forgetStatus(channelId: string): Promise<void> {
    await this.#redis.command(keys.statuses, ["HDEL", keys.statuses, channelId]);
  }
}

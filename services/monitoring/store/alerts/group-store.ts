import { recordCodec } from "#platform/documents/record-codec.ts";
import { createGuardedScript, runGuarded } from "#platform/lease/guarded-script.ts";
import type { Lease } from "#platform/lease/lease.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readLua } from "#platform/redis/script.ts";
import { deliveryKeys } from "../deliveries/delivery-keys.ts";
import { type DeliveryRecord, deliveryRecord } from "../deliveries/delivery-record.ts";
import {
  type DeliveryStore,
  deliveriesLua,
  deliveryIdAt,
  deliveryRetentionMs,
  mostDeliveriesKept,
} from "../deliveries/delivery-store.ts";
import { alertKeys } from "./alert-keys.ts";
import { type GroupRecord, groupRecord } from "./group-record.ts";

/** What a channel is told now. */
export interface Telling {
  readonly delivery: DeliveryRecord;
  readonly payload: string;
}

const codecs = { group: recordCodec(groupRecord), delivery: recordCodec(deliveryRecord) };

/** What each channel was told last about each group of alerts. */
export class GroupStore {
  readonly #redis: Redis;
  readonly #deliveries: DeliveryStore;
  readonly #tellScript: ReturnType<typeof createGuardedScript>;

  constructor(redis: Redis, deliveries: DeliveryStore) {
    this.#redis = redis;
    this.#deliveries = deliveries;
    this.#tellScript = createGuardedScript(
      "write",
      deliveries.queue.embedded.lua,
      deliveriesLua,
      readLua(import.meta.url, "../deliveries/scripts/tell.lua"),
    );
  }

  async readAll(): Promise<GroupRecord[]> {
    const texts = await this.#redis.command<string[]>(alertKeys.groups, ["HVALS", alertKeys.groups]);
    return texts.map((text) => codecs.group.decode(text));
  }

  /**
   * Notes what a channel knows of a group, with the delivery that tells it.
   *
   * @param told undefined: there is nothing more to tell of the group.
   * @returns false if the queue has no room: nothing was changed.
   * @throws LeaseLost, STORE_UNAVAILABLE: then it is unknown.
   */
  async tell(
    lease: Lease,
    group: Pick<GroupRecord, "channelId" | "groupKey">,
    told: GroupRecord | undefined,
    earlierDeliveryId: string | undefined,
    telling: Telling | undefined,
  ): Promise<boolean> {
    const earlier =
      telling === undefined || earlierDeliveryId === undefined
        ? undefined
        : await this.#deliveries.get(earlierDeliveryId);
    const isWaiting = earlier?.record.state === "pending";
    const reply = await runGuarded<string>(
      this.#redis,
      lease,
      this.#tellScript,
      [
        ...[alertKeys.groups, deliveryKeys.records, deliveryKeys.payloads, deliveryKeys.index],
        deliveryKeys.pending(group.channelId),
        ...this.#deliveries.queue.embedded.keys,
      ],
      [
        `${group.channelId} ${group.groupKey}`,
        told === undefined ? "" : codecs.group.encode(told),
        telling?.delivery.deliveryId ?? "",
        telling === undefined ? "" : codecs.delivery.encode(telling.delivery),
        telling?.payload ?? "",
        deliveryIdAt((telling?.delivery.createdAtMs ?? 0) - deliveryRetentionMs),
        String(mostDeliveriesKept),
        isWaiting ? earlier.record.deliveryId : "",
        isWaiting ? earlier.text : "",
        isWaiting ? codecs.delivery.encode(discarded(earlier.record)) : "",
        ...this.#deliveries.queue.embedded.arguments({
          id: telling?.delivery.deliveryId ?? "none",
          payload: "",
        }),
      ],
    );
    return reply === "OK";
  }
}

function discarded({ nextAttemptAtMs: _, ...delivery }: DeliveryRecord): DeliveryRecord {
  return { ...delivery, state: "discarded" };
}

import { documentFeedKey } from "#platform/documents/collection-keys.ts";
import { DocumentCollection } from "#platform/documents/document-collection.ts";
import { recordCodec } from "#platform/documents/record-codec.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { type ChannelRecord, channelRecord } from "./channel-record.ts";

/** Hash tag of everything about alerts: one slot, so that an alert, its notification and their queue change together. */
export const alertingTag = "monitoring";

/** What operators set up about alerts, each with its versions; all changes come on one feed. */
export class AlertingStore {
  readonly redis: Redis;
  readonly feedKey: string = documentFeedKey(alertingTag);
  /** By channel id. */
  readonly channels: DocumentCollection<ChannelRecord>;

  constructor(redis: Redis) {
    const collection = { redis, tag: alertingTag };
    this.redis = redis;
    this.channels = new DocumentCollection({
      ...collection,
      name: "channels",
      codec: recordCodec(channelRecord),
    });
  }

  get collections(): ReadonlyArray<DocumentCollection<unknown>> {
    return [this.channels] as ReadonlyArray<DocumentCollection<unknown>>;
  }
}

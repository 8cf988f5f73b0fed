import type { Static, TSchema } from "typebox";
import { documentFeedKey } from "#platform/documents/collection-keys.ts";
import { DocumentCollection } from "#platform/documents/document-collection.ts";
import { recordCodec } from "#platform/documents/record-codec.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { type AlertRuleRecord, alertRuleRecord } from "./alert-rule-record.ts";
import { type ChannelRecord, channelRecord } from "./channel-record.ts";
import {
  type InhibitionRecord,
  inhibitionRecord,
  type SilenceRecord,
  silenceRecord,
} from "./muting-records.ts";

/** Hash tag of everything about alerts: one slot, so that an alert, its notification and their queue change together. */
export const alertingTag = "monitoring";

/** What operators set up about alerts, each with its versions; all changes come on one feed. */
export class AlertingStore {
  readonly redis: Redis;
  readonly feedKey: string = documentFeedKey(alertingTag);
  /** By channel id. */
  readonly channels: DocumentCollection<ChannelRecord>;
  /** By silence id. */
  readonly silences: DocumentCollection<SilenceRecord>;
  /** By inhibition id. */
  readonly inhibitions: DocumentCollection<InhibitionRecord>;
  /** By rule id. */
  readonly alertRules: DocumentCollection<AlertRuleRecord>;

  constructor(redis: Redis) {
    const collection = { redis, tag: alertingTag };
    this.redis = redis;
    const open = <S extends TSchema>(name: string, schema: S) =>
      new DocumentCollection<Static<S>>({ ...collection, name, codec: recordCodec(schema) });
    this.channels = open("channels", channelRecord);
    this.silences = open("silences", silenceRecord);
    this.inhibitions = open("inhibitions", inhibitionRecord);
    this.alertRules = open("alert-rules", alertRuleRecord);
  }

  get collections(): ReadonlyArray<DocumentCollection<unknown>> {
    return [this.channels, this.silences, this.inhibitions, this.alertRules] as unknown as ReadonlyArray<
      DocumentCollection<unknown>
    >;
  }
}

import { lookup } from "node:dns/promises";
import type { Backoff } from "#platform/clock/backoff.ts";
import type { OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { optional } from "#platform/rpc/optional.ts";
import { LiveDocuments } from "./domain/alerting/live-documents.ts";
import { Channels } from "./domain/channels/channels.ts";
import { Deliveries } from "./domain/delivery/deliveries.ts";
import { startDeliveries } from "./domain/delivery/delivery-worker.ts";
import { createAddressCheck } from "./outbound/check-address.ts";
import { createSender } from "./outbound/send-notification.ts";
import type { AlertingParts } from "./rpc/alerting/alerting-parts.ts";
import { AlertingStore } from "./store/alerting/alerting-store.ts";
import { DeliveryStore } from "./store/deliveries/delivery-store.ts";

/** What alerting needs. */
export interface AlertingOptions {
  readonly redis: Redis;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly pageTokens: PageTokens;
  /** Which addresses channels may have. */
  readonly policy: OutboundPolicy;
  /** Address of the dashboard; empty if none is configured. */
  readonly dashboardUrl: string;
  /** Pauses between attempts to deliver. Default: 5 s, doubling up to 1 h. */
  readonly deliveryPauses?: Backoff;
  readonly now: () => number;
}

/** Alerts and their delivery, at work. */
export interface Alerting {
  readonly parts: AlertingParts;
  /** Ends evaluation and sending, then the rest. */
  stop(): Promise<void>;
}

const sendingGraceMs = 5_000;

/** Starts alerting; resolves when the rules and channels are loaded. */
export async function openAlerting(options: AlertingOptions): Promise<Alerting> {
  const { redis, log, policy, now } = options;
  const onError = (what: string) => (error: unknown) => log.warn({ err: error }, what);
  const store = new AlertingStore(redis);
  const deliveryStore = new DeliveryStore(redis);
  const live = new LiveDocuments({
    redis,
    feedKey: store.feedKey,
    collections: store.collections,
    onError: onError("following changes of alerting failed for now"),
  });
  const channels = new Channels({
    collection: store.channels,
    live,
    refusedAddress: createAddressCheck(policy, lookup),
    now,
  });
  const delivery = {
    store: deliveryStore,
    channels,
    send: createSender({ policy, log, now }),
    onDelivered: async () => {},
    onError: onError("sending notifications failed for now"),
    externalUrl: options.dashboardUrl,
    ...optional("pauses", options.deliveryPauses, (pauses) => pauses),
    now,
  };
  const deliveries = new Deliveries(delivery);
  await live.start();
  const worker = startDeliveries(delivery);
  return {
    parts: { channels, deliveries, deliveryStore, pageTokens: options.pageTokens },
    async stop() {
      await worker.stop(sendingGraceMs);
      await live.stop();
    },
  };
}

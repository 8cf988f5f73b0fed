import { lookup } from "node:dns/promises";
import type { Backoff } from "#platform/clock/backoff.ts";
import { type Clock, systemClock } from "#platform/clock/clock.ts";
import type { OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { AlertingMetrics } from "./alerting-metrics.ts";
import type { AccountRules } from "./domain/account-alerts/account-crossing.ts";
import { createAccountRules } from "./domain/alert-rules/account-rules.ts";
import { AlertRules } from "./domain/alert-rules/alert-rules.ts";
import { defaultInhibitions, defaultRules } from "./domain/alert-rules/default-rules.ts";
import { LiveDocuments } from "./domain/alerting/live-documents.ts";
import { startAlertEngine } from "./domain/alerts/alert-engine.ts";
import { AlertReading } from "./domain/alerts/alert-reading.ts";
import { AlertWatch } from "./domain/alerts/alert-watch.ts";
import { type EvaluationHealth, readEvaluationHealth } from "./domain/alerts/evaluation-health.ts";
import type { FigureReader } from "./domain/alerts/figure-reader.ts";
import type { ReadSpend } from "./domain/alerts/spend-reader.ts";
import { createStoredCrossings } from "./domain/alerts/stored-crossings.ts";
import { createChannelSeal } from "./domain/channels/channel-seal.ts";
import { Channels } from "./domain/channels/channels.ts";
import { forgetAllEarlierSecrets } from "./domain/channels/earlier-secrets.ts";
import { Deliveries } from "./domain/delivery/deliveries.ts";
import { startDeliveries } from "./domain/delivery/delivery-worker.ts";
import { watchStuckDeliveries } from "./domain/delivery/stuck-deliveries.ts";
import { Inhibitions } from "./domain/muting/inhibitions.ts";
import { Silences } from "./domain/muting/silences.ts";
import { createAddressCheck } from "./outbound/check-address.ts";
import { createSender } from "./outbound/send-notification.ts";
import type { AlertingParts } from "./rpc/alerting/alerting-parts.ts";
import { AlertingStore } from "./store/alerting/alerting-store.ts";
import { AlertStore } from "./store/alerts/alert-store.ts";
import { GroupStore } from "./store/alerts/group-store.ts";
import { DeliveryStore } from "./store/deliveries/delivery-store.ts";

/** What alerting needs. */
export interface AlertingOptions {
  readonly redis: Redis;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly pageTokens: PageTokens;
  /** What the secrets of channels are sealed with: the current secret, then earlier ones. */
  readonly channelSecrets: readonly [string, ...string[]];
  /** Which addresses channels may have. */
  readonly policy: OutboundPolicy;
  /** Address of the dashboard; empty if none is configured. */
  readonly dashboardUrl: string;
  /** Pauses between attempts to deliver. Default: 5 s, doubling up to 1 h. */
  readonly deliveryPauses?: Backoff;
  /** After how long another instance evaluates in place of one that died, in milliseconds. Default 10,000. */
  readonly leaseTtlMs?: number;
  /** Reads what the conditions of rules are about. */
  readonly figures: FigureReader;
  /** Reads what accounts spent, to test rules on it. */
  readonly readSpend: ReadSpend;
  readonly metrics?: AlertingMetrics;
  readonly clock?: Clock;
}

/** Alerts and their delivery, at work. */
export interface Alerting {
  readonly parts: AlertingParts;
  /** The rules that the detection of crossings needs. */
  readonly accountRules: AccountRules;
  /** How far evaluation is; undefined while no round was ever made. */
  evaluation(): Promise<EvaluationHealth | undefined>;
  /** Ends evaluation and sending, then the rest. */
  stop(): Promise<void>;
}

const sendingGraceMs = 5_000;

/** Starts alerting; resolves when rules and channels are loaded. */
export async function openAlerting(options: AlertingOptions): Promise<Alerting> {
  const { redis, log, policy, dashboardUrl, figures, clock = systemClock } = options;
  const now = () => clock.nowMs();
  const onError = (what: string) => (error: unknown) => log.warn({ err: error }, what);
  const store = new AlertingStore(redis);
  const deliveryStore = new DeliveryStore(redis);
  const alertStore = new AlertStore(redis);
  const live = new LiveDocuments({
    redis,
    feedKey: store.feedKey,
    collections: store.collections,
    onError: onError("following changes of alerting failed for now"),
  });
  const rules = new AlertRules(store.alertRules, live, figures, now);
  const silences = new Silences(store.silences, live, now);
  const inhibitions = new Inhibitions(store.inhibitions, live, now);
  const refusedAddress = createAddressCheck(policy, lookup);
  const seal = createChannelSeal(options.channelSecrets);
  const channels = new Channels({ collection: store.channels, live, seal, refusedAddress, now });
  const reading = new AlertReading(alertStore, silences, now);
  const delivery = {
    store: deliveryStore,
    channels,
    send: createSender({ policy, log, now }),
    onDelivered: ({ alertIds, deliveredAtMs = 0 }: { alertIds: readonly string[]; deliveredAtMs?: number }) =>
      alertStore.noteNotified(alertIds, deliveredAtMs),
    onAttempt: options.metrics?.countAttempt ?? (() => {}),
    onError: onError("sending notifications failed for now"),
    externalUrl: dashboardUrl,
    ...optional("pauses", options.deliveryPauses, (pauses) => pauses),
    now,
  };
  const deliveries = new Deliveries(delivery);
  options.metrics?.watchQueue(deliveryStore);
  await live.start();
  await rules.seed(defaultRules);
  await inhibitions.seed(defaultInhibitions);
  await channels.sealAnew(onError("a channel cannot be used: set the key that its secrets are sealed with"));
  await forgetAllEarlierSecrets(store.channels);
  const alertWatch = new AlertWatch(alertStore, reading, clock, onError("following alerts failed for now"));
  const worker = startDeliveries(delivery);
  const stuck = watchStuckDeliveries({ ...delivery, clock });
  const campaign = startAlertEngine({
    ...{ live, rules, silences, inhibitions, channels, figures, clock },
    store: alertStore,
    groups: new GroupStore(redis, deliveryStore),
    crossings: createStoredCrossings(redis),
    externalUrl: dashboardUrl,
    onError: onError("evaluating alert rules failed for now"),
    ...optional("leaseTtlMs", options.leaseTtlMs, (ttlMs) => ttlMs),
  });
  return {
    parts: {
      ...{
        rules,
        figures,
        readSpend: options.readSpend,
        reading,
        alertStore,
        alertWatch,
        silences,
        inhibitions,
        channels,
        deliveries,
      },
      ...{ deliveryStore, pageTokens: options.pageTokens, dashboardUrl, now },
    },
    accountRules: createAccountRules(rules),
    evaluation: () => readEvaluationHealth(alertStore, deliveryStore),
    async stop() {
      await campaign.stop();
      await stuck.stop();
      await worker.stop(sendingGraceMs);
      await alertWatch.stop();
      await live.stop();
    },
  };
}

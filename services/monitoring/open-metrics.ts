import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import { systemClock } from "#platform/clock/clock.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import { createLatestValue } from "#platform/polling/latest-value.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { exposeBusiness } from "./business-metrics.ts";
import type { AccountRules } from "./domain/account-alerts/account-crossing.ts";
import type { AlertReading } from "./domain/alerts/alert-reading.ts";
import { countActiveAccounts } from "./domain/intake/active-accounts.ts";
import { type IntakeProgress, startIntake } from "./domain/intake/intake.ts";
import { metricCatalogue } from "./domain/metrics/definitions/catalogue.ts";
import type { ServiceName } from "./domain/metrics/definitions/service-metrics.ts";
import { MetricFactsReader } from "./domain/metrics/metric-facts.ts";
import { Recorder } from "./domain/metrics/recorder.ts";
import type { OverviewParts } from "./domain/overview/overview.ts";
import {
  findAlerts,
  findExpiringHolds,
  findLevels,
  findProgress,
  findRedis,
} from "./domain/scrape/findings.ts";
import { startScraper } from "./domain/scrape/scraper.ts";
import { countDroppedSamples } from "./dropped-samples.ts";
import { exposeFindings } from "./found-metrics.ts";
import { observeIntake } from "./intake-metrics.ts";
import type { RecordedSeries } from "./open-metrics-reader.ts";
import { createCoreJournal } from "./peers/core-journal.ts";
import { countExpiringHolds } from "./peers/expiring-holds.ts";
import { readMetricsPage } from "./peers/metrics-page.ts";
import type { MetricsParts } from "./rpc/metrics/metrics-handlers.ts";
import type { RedisProbe } from "./store/probe-redis.ts";

/** What metrics need. */
export interface MetricsOptions {
  readonly redis: Redis;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly pageTokens: PageTokens;
  readonly recorded: RecordedSeries;
  readonly core: ServiceClient<typeof BillingCoreService>;
  /** Base URLs of the other services, whose /metrics are read. */
  readonly peers: Readonly<Record<Exclude<ServiceName, "monitoring">, string>>;
  readonly probeRedis: () => Promise<RedisProbe>;
  /** Rules about accounts that the intake watches for. */
  readonly rules: AccountRules;
  readonly alerts: Pick<AlertReading, "active">;
}

/** Metrics at work: the ledger is followed, the services are asked. */
export interface MetricsAtWork {
  readonly parts: MetricsParts;
  /** What an overview is made of. */
  readonly overview: OverviewParts;
  /** How far the intake is; several who ask at a time share one reading. */
  progress(): Promise<IntakeProgress>;
  stop(): Promise<void>;
}

const progressFreshMs = 1_000;

/** Starts them. */
export function openMetrics(options: MetricsOptions): MetricsAtWork {
  const { redis, log, metrics, core, peers, probeRedis, rules, pageTokens, alerts } = options;
  const { series, reader } = options.recorded;
  const onDropped = countDroppedSamples(metrics, log, systemClock);
  const observer = observeIntake(metrics, log, onDropped);
  const intake = startIntake({ redis, journal: createCoreJournal(core), rules, observer });
  exposeBusiness(metrics, intake);
  const progress = createLatestValue({ read: () => intake.progress(), freshMs: progressFreshMs });
  const findings = exposeFindings(
    metrics,
    {
      intake: () => findProgress({ progress: progress.get }),
      redis: async () => findRedis(await probeRedis()),
      alerts: () => findAlerts(alerts),
      holds: () => findExpiringHolds(() => countExpiringHolds(core, Date.now())),
    },
    (what, err) => log.warn({ err, what }, "what /metrics shows could not be found out"),
  );
  const recorder = new Recorder(redis, onDropped);
  const scraper = startScraper({
    redis,
    recorder,
    readPage: {
      core: () => readMetricsPage(peers.core),
      pricing: () => readMetricsPage(peers.pricing),
      exchange: () => readMetricsPage(peers.exchange),
      admin: () => readMetricsPage(peers.admin),
      monitoring: () => metrics.page(),
    },
    find: [() => findLevels(intake)],
    onError: (what, err) => log.warn({ err, what }, "what was found out could not be recorded"),
  });
  return {
    parts: {
      catalogue: metricCatalogue,
      reader,
      recorder,
      facts: new MetricFactsReader(series, Date.now),
      pageTokens,
      clock: systemClock,
    },
    overview: {
      reader,
      intake,
      countActive: (fromMs, untilMs) => countActiveAccounts(redis, fromMs, untilMs, Date.now()),
      now: Date.now,
    },
    progress: progress.get,
    async stop() {
      await Promise.all([scraper.stop(), intake.stop(), findings.stop()]);
    },
  };
}

import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import { systemClock } from "#platform/clock/clock.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { exposeBusiness } from "./business-metrics.ts";
import type { AccountRules } from "./domain/account-alerts/account-crossing.ts";
import { countActiveAccounts } from "./domain/intake/active-accounts.ts";
import { startIntake } from "./domain/intake/intake.ts";
import { metricCatalogue } from "./domain/metrics/definitions/catalogue.ts";
import type { ServiceName } from "./domain/metrics/definitions/service-metrics.ts";
import { MetricFactsReader } from "./domain/metrics/metric-facts.ts";
import { Recorder } from "./domain/metrics/recorder.ts";
import type { OverviewParts } from "./domain/overview/overview.ts";
import { findLevels, findProgress, findRedis } from "./domain/scrape/findings.ts";
import { startScraper } from "./domain/scrape/scraper.ts";
import { observeIntake } from "./intake-metrics.ts";
import type { RecordedSeries } from "./open-metrics-reader.ts";
import { createCoreJournal } from "./peers/core-journal.ts";
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
}

/** Metrics at work: the ledger is followed, the services are asked. */
export interface MetricsAtWork {
  readonly parts: MetricsParts;
  /** What an overview is made of. */
  readonly overview: OverviewParts;
  stop(): Promise<void>;
}

export function openMetrics(options: MetricsOptions): MetricsAtWork {
  const { redis, log, metrics, core, peers, probeRedis, rules, pageTokens } = options;
  const { series, reader } = options.recorded;
  const observer = observeIntake(metrics, log, Date.now);
  const intake = startIntake({ redis, journal: createCoreJournal(core), rules, observer });
  exposeBusiness(metrics, intake);
  const recorder = new Recorder(redis);
  const scraper = startScraper({
    redis,
    recorder,
    readPage: {
      core: () => readMetricsPage(peers.core),
      pricing: () => readMetricsPage(peers.pricing),
      exchange: () => readMetricsPage(peers.exchange),
      admin: () => readMetricsPage(peers.admin),
      monitoring: () => metrics.registry.metrics(),
    },
    find: [() => findLevels(intake), () => findProgress(intake), async () => findRedis(await probeRedis())],
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
    async stop() {
      await Promise.all([scraper.stop(), intake.stop()]);
    },
  };
}

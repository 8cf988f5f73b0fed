import type { ServiceProber } from "#platform/client/probe-service.ts";
import { describePeers, pauseAfter, probeServices, watchTimes } from "#platform/client/service-watch.ts";
import { createLatestValue } from "#platform/polling/latest-value.ts";
import type { RedisProbe } from "../store/probe-redis.ts";
import type { ServiceName } from "./component.ts";
import type { IntakeProgress } from "./intake/intake.ts";
import type { SourceFacts } from "./source-freshness.ts";
import { createStatusHistory } from "./status-history.ts";
import { assessSystem, type SystemHealth } from "./system-health.ts";

/** What to ask, and how. */
export interface SystemWatchOptions {
  readonly services: Readonly<Record<ServiceName, ServiceProber>>;
  readonly probeRedis: () => Promise<RedisProbe>;
  /** How far the intake is. */
  readonly readIntake?: () => Promise<IntakeProgress>;
  /** How fresh what prices and rates rest on is, each by itself. */
  readonly readSources?: ReadonlyArray<() => Promise<readonly SourceFacts[]>>;
  /** Version of this Monitoring. */
  readonly ownVersion: string;
  /** Longest pause between two rounds in milliseconds. Default 3,000. */
  readonly pauseMs?: number;
  /** Age in milliseconds up to which a round is given again. Default 10,000. */
  readonly freshMs?: number;
}

/** How the system stands, asked in the background. */
export interface SystemWatch {
  /** What was seen last, or, if that is too old, what is seen now. */
  get(): Promise<SystemHealth>;
  /** For the `peers` part of /readyz. */
  peers(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** Asks everything at the same time, one round after the other, until stopped. */
export function watchSystem(options: SystemWatchOptions): SystemWatch {
  const { monitoring: self, ...peers } = options.services;
  const addresses = addressesOf(options.services);
  const history = createStatusHistory();
  const { readSources = [] } = options;
  const latest = createLatestValue({
    read: async () => {
      const [services, redis, intake, ...sources] = await Promise.all([
        probeServices(options.services),
        options.probeRedis(),
        options.readIntake?.().catch(() => undefined),
        // Whoever does not answer has a reason among the services.
        ...readSources.map((read) => read().catch(() => [])),
      ]);
      const probe = { services, addresses, redis, intake, sources: sources.flat() };
      return { services, health: assessSystem(probe, options.ownVersion, history) };
    },
    freshMs: options.freshMs ?? watchTimes.freshMs,
  });
  latest.keepReading((last) => pauseAfter(last?.services, options.pauseMs));
  return {
    get: async () => (await latest.get()).health,
    peers: async () => describePeers(Object.keys(peers), latest.peek()?.services),
    async stop() {
      await latest.stop();
      for (const prober of [self, ...Object.values(peers)]) prober.close();
    },
  };
}

function addressesOf(
  services: Readonly<Record<ServiceName, ServiceProber>>,
): Readonly<Record<ServiceName, string>> {
  const { core, pricing, exchange, monitoring, admin } = services;
  return {
    core: core.address,
    pricing: pricing.address,
    exchange: exchange.address,
    monitoring: monitoring.address,
    admin: admin.address,
  };
}

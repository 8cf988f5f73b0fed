import type { ServiceWatch } from "#platform/client/service-watch.ts";
import { createLatestValue } from "#platform/polling/latest-value.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readServerInfo } from "#platform/redis/server-info.ts";
import { type Activity, gatherStats, type ServiceName, type Stats, type StripeUse } from "./stats.ts";
import { type AccountPageReader, walkAccounts } from "./walk-accounts.ts";

/** What the statistics are read from. */
export interface StatsReaderOptions {
  readonly readAccountPage: AccountPageReader;
  readonly services: Pick<ServiceWatch<ServiceName>, "get">;
  readonly redis: Redis;
  readonly softwareVersion: string;
  readonly readStripe: () => Promise<StripeUse>;
  readonly countPendingAdjustments: () => Promise<number>;
  readonly readActivity: () => Promise<Activity>;
}

/** How long a walk over all accounts is used again, in milliseconds. */
const accountsFreshMs = 10_000;

/** Reads the statistics of the system whose Admin starts now. */
export function createStatsReader(options: StatsReaderOptions): () => Promise<Stats> {
  const startedAtMs = Date.now();
  const accounts = createLatestValue({
    read: () => walkAccounts(options.readAccountPage),
    freshMs: accountsFreshMs,
  });
  return () =>
    gatherStats({
      surveyAccounts: accounts.get,
      probeServices: options.services.get,
      readStore: () => readServerInfo(options.redis),
      readStripe: options.readStripe,
      countPendingAdjustments: options.countPendingAdjustments,
      readActivity: options.readActivity,
      softwareVersion: options.softwareVersion,
      startedAtMs,
    });
}

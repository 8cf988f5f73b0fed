import type { ServiceWatch } from "#platform/client/service-watch.ts";
import { createLatestValue } from "#platform/polling/latest-value.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readServerInfo } from "#platform/redis/server-info.ts";
import { gatherStats, type ServiceName, type Stats } from "./stats.ts";
import { type AccountPageReader, walkAccounts } from "./walk-accounts.ts";

/** What the statistics are read from. */
export interface StatsReaderOptions {
  readonly readAccountPage: AccountPageReader;
  readonly services: Pick<ServiceWatch<ServiceName>, "get">;
  readonly redis: Redis;
  readonly softwareVersion: string;
  /** Undefined if Stripe is switched off. */
  readonly stripeSecretKey: string | undefined;
}

/** How long a walk over all accounts is used again, in milliseconds. */
const accountsFreshMs = 10_000;
/** As Stripe begins the keys of live payments, secret and restricted. */
const liveKeyForm = /^(sk|rk)_live_/;

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
      stripe: {
        configured: options.stripeSecretKey !== undefined,
        livemode: liveKeyForm.test(options.stripeSecretKey ?? ""),
      },
      softwareVersion: options.softwareVersion,
      startedAtMs,
    });
}

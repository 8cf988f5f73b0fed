import type { ServiceProbe } from "#platform/client/probe-service.ts";
import type { ServiceProbes } from "#platform/client/service-watch.ts";
import type { RedisServerInfo } from "#platform/redis/server-info.ts";
import type { AccountCounts, CurrencyTotals } from "./account-totals.ts";
import type { AccountSurvey } from "./walk-accounts.ts";

/** The five services, in the order in which they are shown. */
export const serviceNames = ["core", "pricing", "exchange", "monitoring", "admin"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** How the connection to Stripe stands. */
export interface StripeUse {
  readonly configured: boolean;
  /** Whether payments are real ones. */
  readonly livemode: boolean;
  /** When an event arrived last, epoch milliseconds. */
  readonly lastEventAtMs: number | undefined;
  readonly pendingEvents: number;
  readonly failedEvents: number;
  readonly unappliedPayments: number;
  readonly lastReconciledAtMs: number | undefined;
  readonly openDifferences: number;
  /** Why Stripe failed last; empty if the last call succeeded. */
  readonly lastError: string;
}

/** A figure that could not be read. */
export interface MissingFigure {
  /** The field of `billing.admin.v1.Stats`. */
  readonly field: string;
  readonly reason: string;
}

/** Counts and sums of the whole system; what is missing is undefined and named. */
export interface Stats {
  readonly accounts: AccountCounts | undefined;
  readonly totals: readonly CurrencyTotals[] | undefined;
  readonly services: ReadonlyArray<{ readonly service: ServiceName; readonly probe: ServiceProbe }>;
  readonly stripe: StripeUse | undefined;
  /** Corrections that wait for a second key. */
  readonly pendingAdjustments: number | undefined;
  readonly softwareVersion: string;
  readonly uptimeMs: number;
  /** For example "redis 7.0.15"; undefined if the store did not answer. */
  readonly storeVersion: string | undefined;
  /** Time of the oldest figure, epoch milliseconds. */
  readonly asOfMs: number;
  readonly missing: readonly MissingFigure[];
}

/** Where the figures come from. */
export interface StatsSources {
  /** All accounts, counted and summed; may be some seconds old. */
  readonly surveyAccounts: () => Promise<AccountSurvey>;
  readonly probeServices: () => Promise<ServiceProbes<ServiceName>>;
  readonly readStore: () => Promise<readonly RedisServerInfo[]>;
  readonly readStripe: () => Promise<StripeUse>;
  readonly countPendingAdjustments: () => Promise<number>;
  readonly softwareVersion: string;
  readonly startedAtMs: number;
}

/** Figures that nothing counts so far. */
const uncountedFigures: readonly MissingFigure[] = [
  ...["open_hold_count", "expiring_hold_count"].map((field) => ({
    field,
    reason: "this version does not count holds over all accounts",
  })),
  ...["transaction_count", "transaction_count_24h", "decline_count_24h"].map((field) => ({
    field,
    reason: "this version keeps no counts of transactions and declines",
  })),
  { field: "firing_alert_count", reason: "this version evaluates no alerts" },
];

/** Gathers all figures at the same time. What cannot be read is named in `missing`; it never throws. */
export async function gatherStats(sources: StatsSources): Promise<Stats> {
  const nowMs = Date.now();
  const [accounts, store, stripe, pending, probes] = await Promise.all([
    orReason(sources.surveyAccounts()),
    orReason(sources.readStore()),
    orReason(sources.readStripe()),
    orReason(sources.countPendingAdjustments()),
    sources.probeServices(),
  ]);
  const survey =
    "reason" in accounts ? ({ complete: false, reason: accounts.reason } as const) : accounts.value;
  const services = serviceNames.map((service) => ({ service, probe: probes[service] }));
  return {
    accounts: survey.complete ? survey.counts : undefined,
    totals: survey.complete ? survey.totals : undefined,
    services,
    stripe: "reason" in stripe ? undefined : stripe.value,
    pendingAdjustments: "reason" in pending ? undefined : pending.value,
    softwareVersion: sources.softwareVersion,
    uptimeMs: nowMs - sources.startedAtMs,
    storeVersion: "reason" in store ? undefined : describeStore(store.value),
    asOfMs: Math.min(
      nowMs,
      ...services.map(({ probe }) => probe.checkedAtMs),
      ...(survey.complete ? [survey.asOfMs] : []),
    ),
    missing: [
      ...(survey.complete ? [] : ["accounts", "totals"].map((field) => ({ field, reason: survey.reason }))),
      ...("reason" in store ? [{ field: "store_version", reason: store.reason }] : []),
      ...("reason" in stripe ? [{ field: "stripe", reason: stripe.reason }] : []),
      ...("reason" in pending ? [{ field: "pending_adjustment_count", reason: pending.reason }] : []),
      ...uncountedFigures,
    ],
  };
}

async function orReason<T>(work: Promise<T>): Promise<{ value: T } | { reason: string }> {
  try {
    return { value: await work };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Each product and version once, for example "redis 7.0.15". */
function describeStore(servers: readonly RedisServerInfo[]): string {
  return [...new Set(servers.map(({ product, version }) => `${product} ${version}`))].sort().join(", ");
}

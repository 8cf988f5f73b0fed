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

/** What Monitoring counts over the whole system; undefined where it has no figure. */
export interface Activity {
  /** Holds that are open now. */
  readonly openHolds: bigint | undefined;
  /** Declined charges and reservations of the last 24 h. */
  readonly declines24h: bigint | undefined;
  /** Alerts that fire now. */
  readonly firingAlerts: number | undefined;
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
  readonly activity: Activity | undefined;
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
  readonly readActivity: () => Promise<Activity>;
  readonly softwareVersion: string;
  readonly startedAtMs: number;
}

/** Figures that nothing counts. */
const uncountedFigures: readonly MissingFigure[] = [
  { field: "expiring_hold_count", reason: "nothing counts the holds of all accounts by their end" },
  ...["transaction_count", "transaction_count_24h"].map((field) => ({
    field,
    reason: "Monitoring counts journal entries by type: QueryMetrics of billing_ledger_entries_total",
  })),
];

/** The figures of Monitoring by their fields. */
const activityFields: Readonly<Record<keyof Activity, string>> = {
  openHolds: "open_hold_count",
  declines24h: "decline_count_24h",
  firingAlerts: "firing_alert_count",
};

/** Gathers all figures at the same time. What cannot be read is named in `missing`; it never throws. */
export async function gatherStats(sources: StatsSources): Promise<Stats> {
  const nowMs = Date.now();
  const [accounts, store, stripe, pending, activity, probes] = await Promise.all([
    orReason(sources.surveyAccounts()),
    orReason(sources.readStore()),
    orReason(sources.readStripe()),
    orReason(sources.countPendingAdjustments()),
    orReason(sources.readActivity()),
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
    activity: "reason" in activity ? undefined : activity.value,
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
      ...missingActivity(activity),
      ...uncountedFigures,
    ],
  };
}

function missingActivity(read: { value: Activity } | { reason: string }): MissingFigure[] {
  const names = Object.keys(activityFields) as Array<keyof Activity>;
  const missing = names.filter((name) => "reason" in read || read.value[name] === undefined);
  const reason = "reason" in read ? read.reason : "Monitoring has no figure of it";
  return missing.map((name) => ({ field: activityFields[name], reason }));
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

import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AccountCountsSchema,
  CurrencyTotalsSchema,
  MissingStatSchema,
  Reachability,
  ServiceStatusSchema,
  type Stats as StatsMessage,
  StatsSchema,
  StripeState,
  StripeStatusSchema,
} from "#gen/billing/admin/v1/stats_pb.ts";
import type { ServiceProbe } from "#platform/client/probe-service.ts";
import { latencyDuration } from "#platform/rpc/latency-duration.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { AccountCounts, CurrencyTotals } from "../domain/account-totals.ts";
import type { Stats, StripeUse } from "../domain/stats.ts";

const reachabilities: Readonly<Record<ServiceProbe["status"], Reachability>> = {
  serving: Reachability.SERVING,
  not_serving: Reachability.NOT_SERVING,
  unreachable: Reachability.UNREACHABLE,
};

/** The figures as the contract has them. */
export function toStatsMessage(stats: Stats): StatsMessage {
  return create(StatsSchema, {
    ...(stats.accounts === undefined ? {} : { accounts: toCountsMessage(stats.accounts) }),
    totals: (stats.totals ?? []).map(toTotalsMessage),
    services: stats.services.map(({ service, probe }) => toServiceMessage(service, probe)),
    ...optional("stripe", stats.stripe, toStripeMessage),
    openHoldCount: stats.activity?.openHolds ?? 0n,
    declineCount24h: stats.activity?.declines24h ?? 0n,
    firingAlertCount: stats.activity?.firingAlerts ?? 0,
    pendingAdjustmentCount: stats.pendingAdjustments ?? 0,
    softwareVersion: stats.softwareVersion,
    uptime: durationFromMs(stats.uptimeMs),
    storeVersion: stats.storeVersion ?? "",
    asOf: timestampFromMs(stats.asOfMs),
    partial: stats.missing.length > 0,
    missing: stats.missing.map((missing) => create(MissingStatSchema, missing)),
  });
}

function toCountsMessage(counts: AccountCounts) {
  return create(AccountCountsSchema, {
    total: BigInt(counts.total),
    active: BigInt(counts.active),
    frozen: BigInt(counts.frozen),
    closed: BigInt(counts.closed),
    inDebt: BigInt(counts.inDebt),
  });
}

function toTotalsMessage(totals: CurrencyTotals) {
  return create(CurrencyTotalsSchema, {
    currencyCode: totals.currencyCode,
    accountCount: BigInt(totals.accountCount),
    liabilities: totals.liabilities.toString(),
    debts: totals.debts.toString(),
    reserved: totals.reserved.toString(),
    funded: totals.funded.toString(),
    spent: totals.spent.toString(),
    expired: totals.expired.toString(),
  });
}

function toServiceMessage(service: string, probe: ServiceProbe) {
  return create(ServiceStatusSchema, {
    service,
    reachability: reachabilities[probe.status],
    ...(probe.latencyMs === undefined ? {} : { latency: latencyDuration(probe.latencyMs) }),
    version: probe.version,
    error: probe.status === "serving" ? "" : probe.reasons.join("; "),
  });
}

function toStripeMessage(stripe: StripeUse) {
  return create(StripeStatusSchema, {
    state: stateOf(stripe),
    livemode: stripe.livemode,
    ...optional("lastEventAt", stripe.lastEventAtMs, timestampFromMs),
    pendingEventCount: BigInt(stripe.pendingEvents),
    failedEventCount: BigInt(stripe.failedEvents),
    unappliedPaymentCount: BigInt(stripe.unappliedPayments),
    ...optional("lastReconciledAt", stripe.lastReconciledAtMs, timestampFromMs),
    openDiscrepancyCount: BigInt(stripe.openDifferences),
    lastError: stripe.lastError,
  });
}

function stateOf({ configured, lastError }: StripeUse): StripeState {
  if (!configured) return StripeState.NOT_CONFIGURED;
  return lastError === "" ? StripeState.OK : StripeState.FAILING;
}

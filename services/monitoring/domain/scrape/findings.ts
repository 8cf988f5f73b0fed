import { setAsideOutcomes } from "../../store/intake/set-aside.ts";
import type { RedisProbe } from "../../store/probe-redis.ts";
import type { AlertReading } from "../alerts/alert-reading.ts";
import type { Intake } from "../intake/intake.ts";
import { alertLevel, expiringHolds } from "../metrics/definitions/found-levels.ts";
import { ledgerLevels } from "../metrics/definitions/ledger-metrics.ts";
import { countFigure, divideFigures, type Figure, figureOfNumber } from "../metrics/figure.ts";
import type { Finding } from "./scraper.ts";

/** The levels of the ledger. */
export async function findLevels(intake: Pick<Intake, "levels">): Promise<Finding[]> {
  return [...(await intake.levels())].flatMap(([currency, own]) =>
    Object.entries(ledgerLevels).map(([level, { name }]) => ({
      metric: name,
      labels: { currency },
      value: own.get(level as keyof typeof ledgerLevels) ?? 0n,
    })),
  );
}

/** How far the intake is. */
export async function findProgress(intake: Pick<Intake, "progress">): Promise<Finding[]> {
  const { eventsBehind, oldestEventAgeMs, lastSuccessAgeMs, lostBuckets, setAside } = await intake.progress();
  const gauge = (name: string, value: Figure, labels = {}): Finding => {
    return { metric: `billing_intake_${name}`, labels, value };
  };
  const seconds = (ms: number) => figureOfNumber(ms / 1_000);
  return [
    gauge("events_behind", countFigure(eventsBehind)),
    gauge("oldest_event_age_seconds", seconds(oldestEventAgeMs ?? 0)),
    ...(lastSuccessAgeMs === undefined ? [] : [gauge("last_success_age_seconds", seconds(lastSuccessAgeMs))]),
    gauge("lost_buckets", countFigure(lostBuckets)),
    ...setAsideOutcomes.map((outcome) => gauge("set_aside", countFigure(setAside[outcome]), { outcome })),
  ];
}

/** Alerts that are on, by state and severity. */
export async function findAlerts(reading: Pick<AlertReading, "active">): Promise<Finding[]> {
  const active = await reading.active();
  const { state: states, severity: severities } = alertLevel.labels as Readonly<
    Record<"state" | "severity", readonly string[]>
  >;
  return states.flatMap((state) =>
    severities.map((severity) => ({
      metric: alertLevel.name,
      labels: { state, severity },
      value: countFigure(
        active.filter(({ record }) => record.state === state && record.severity === severity).length,
      ),
    })),
  );
}

/** Holds that end soon. */
export async function findExpiringHolds(countExpiring: () => Promise<number>): Promise<Finding[]> {
  return [{ metric: expiringHolds.name, labels: {}, value: countFigure(await countExpiring()) }];
}

/** What Redis says about itself. */
export function findRedis({ servers, fault }: RedisProbe): Finding[] {
  const up = { metric: "billing_redis_up", labels: {}, value: countFigure(fault === undefined ? 1 : 0) };
  return [
    up,
    ...servers.flatMap(({ address, info }) => {
      const gauge = (name: string, value: bigint): Finding[] => [
        { metric: `billing_redis_${name}`, labels: { server: address.replaceAll(" ", "-") }, value },
      ];
      const ratio = divideFigures(countFigure(info.usedMemoryBytes), countFigure(info.maxMemoryBytes));
      return [
        ...gauge("memory_used_bytes", countFigure(info.usedMemoryBytes)),
        ...gauge("memory_limit_bytes", countFigure(info.maxMemoryBytes)),
        ...(ratio === undefined ? [] : gauge("memory_used_ratio", ratio)),
        ...gauge("evicted_keys", countFigure(info.evictedKeys)),
        ...gauge("append_only", countFigure(info.isAppendOnly && info.lastAppendSucceeded ? 1 : 0)),
        ...gauge("replicas", countFigure(info.replicaCount)),
        ...(info.replicaLagSeconds === undefined
          ? []
          : gauge("replica_lag_seconds", figureOfNumber(info.replicaLagSeconds))),
      ];
    }),
  ];
}

import type { RedisProbe } from "../../store/probe-redis.ts";
import type { Intake } from "../intake/intake.ts";
import { ledgerLevels } from "../metrics/definitions/ledger-metrics.ts";
import { countFigure, divideFigures, figureOfNumber } from "../metrics/figure.ts";
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
  const { eventsBehind, oldestEventAgeMs } = await intake.progress();
  return [
    { metric: "billing_intake_events_behind", labels: {}, value: countFigure(eventsBehind) },
    {
      metric: "billing_intake_oldest_event_age_seconds",
      labels: {},
      value: figureOfNumber((oldestEventAgeMs ?? 0) / 1_000),
    },
  ];
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

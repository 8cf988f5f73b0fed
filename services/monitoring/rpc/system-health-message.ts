import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Component,
  type ComponentHealth,
  ComponentHealthSchema,
  type IntakeHealth,
  IntakeHealthSchema,
  type RedisHealth,
  RedisHealthSchema,
  SourceFreshnessSchema,
  SourceKind,
  type SourceFreshness as SourceMessage,
  HealthStatus as StatusNumber,
  type SystemHealth as SystemHealthMessage,
  SystemHealthSchema,
} from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { latencyDuration } from "#platform/rpc/latency-duration.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { EvaluationHealth } from "../domain/alerts/evaluation-health.ts";
import type { ComponentName, HealthStatus } from "../domain/component.ts";
import type { IntakeProgress } from "../domain/intake/intake.ts";
import type { RedisSummary } from "../domain/redis-summary.ts";
import type { SourceFreshness } from "../domain/source-freshness.ts";
import type { DatedFinding } from "../domain/status-history.ts";
import type { SystemHealth } from "../domain/system-health.ts";

const componentNumbers: Readonly<Record<ComponentName, Component>> = {
  core: Component.CORE,
  pricing: Component.PRICING,
  exchange: Component.EXCHANGE,
  monitoring: Component.MONITORING,
  admin: Component.ADMIN,
  redis: Component.REDIS,
};

const statusNumbers: Readonly<Record<HealthStatus, StatusNumber>> = {
  serving: StatusNumber.SERVING,
  degraded: StatusNumber.DEGRADED,
  not_serving: StatusNumber.NOT_SERVING,
};

/** The system's health as the contract has it; what is not known is unset. */
export function toSystemHealthMessage(
  health: SystemHealth,
  evaluation?: EvaluationHealth,
): SystemHealthMessage {
  return create(SystemHealthSchema, {
    status: statusNumbers[health.status],
    summary: health.summary,
    components: health.components.map(toComponentMessage),
    ...(health.redis === undefined ? {} : { redis: toRedisMessage(health.redis) }),
    ...optional("evaluation", evaluation, (known) => ({
      ...optional("lastSuccessAt", known.lastSuccessAtMs, timestampFromMs),
      lastDuration: latencyDuration(known.lastDurationMs),
      failedRuleCount: known.failedRuleCount,
      evaluator: known.evaluator,
      pendingDeliveries: known.pendingDeliveries,
    })),
    ...optional("intake", health.intake, toIntakeMessage),
    sources: health.sources.map(toSourceMessage),
    asOf: timestampFromMs(health.asOfMs),
  });
}

function toIntakeMessage(progress: IntakeProgress): IntakeHealth {
  return create(IntakeHealthSchema, {
    eventsBehind: BigInt(progress.eventsBehind),
    ...optional("oldestEventAge", progress.oldestEventAgeMs, durationFromMs),
    gapsRefilled: BigInt(progress.refills),
    refillsRunning: progress.refillsRunning,
    lagged: progress.lostBuckets > 0,
    setAsideRefilled: progress.setAside.refilled,
    setAsideMissing: progress.setAside.missing,
  });
}

const sourceKinds = { rates: SourceKind.RATES, prices: SourceKind.PRICES } as const;

function toSourceMessage(source: SourceFreshness): SourceMessage {
  return create(SourceFreshnessSchema, {
    kind: sourceKinds[source.kind],
    source: source.source,
    ...optional("publishedAt", source.publishedAtMs, timestampFromMs),
    ...optional("maxAge", source.maxAgeMs, durationFromMs),
    status: statusNumbers[source.status],
    lastError: source.lastError,
  });
}

function toComponentMessage(finding: DatedFinding): ComponentHealth {
  return create(ComponentHealthSchema, {
    component: componentNumbers[finding.component],
    address: finding.address,
    status: statusNumbers[finding.status],
    reasons: [...finding.reasons],
    ...(finding.latencyMs === undefined ? {} : { latency: latencyDuration(finding.latencyMs) }),
    version: finding.version,
    since: timestampFromMs(finding.sinceMs),
    checkedAt: timestampFromMs(finding.checkedAtMs),
    ...(finding.startedAtMs === undefined ? {} : { startedAt: timestampFromMs(finding.startedAtMs) }),
  });
}

function toRedisMessage(redis: RedisSummary): RedisHealth {
  return create(RedisHealthSchema, {
    server: redis.product,
    usedMemoryBytes: redis.usedMemoryBytes,
    maxMemoryBytes: redis.maxMemoryBytes,
    evictedKeys: redis.evictedKeys,
    appendOnly: redis.isAppendOnly,
    appendFsync: redis.appendFsync,
    lastAppendSucceeded: redis.lastAppendSucceeded,
    primaryCount: redis.primaryCount,
    replicaCount: redis.replicaCount,
    ...(redis.replicaLagSeconds === undefined
      ? {}
      : { replicaLag: durationFromMs(redis.replicaLagSeconds * 1_000) }),
  });
}

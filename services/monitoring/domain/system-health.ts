import type { ServiceProbes } from "#platform/client/service-watch.ts";
import type { RedisProbe } from "../store/probe-redis.ts";
import {
  componentNames,
  componentTraits,
  type Finding,
  type HealthStatus,
  type ServiceName,
  worse,
} from "./component.ts";
import type { IntakeProgress } from "./intake/intake.ts";
import { judgeIntake } from "./judge-intake.ts";
import { judgeRedis } from "./judge-redis.ts";
import { judgeService } from "./judge-service.ts";
import { type RedisSummary, summarizeRedis } from "./redis-summary.ts";
import { judgeSource, type SourceFacts, type SourceFreshness } from "./source-freshness.ts";
import type { DatedFinding, StatusHistory } from "./status-history.ts";

/** How the whole system stands. */
export interface SystemHealth {
  readonly status: HealthStatus;
  /** The state in words for people. */
  readonly summary: string;
  readonly components: readonly DatedFinding[];
  /** Undefined if Redis did not answer. */
  readonly redis: RedisSummary | undefined;
  /** Undefined if it could not be found out. */
  readonly intake: IntakeProgress | undefined;
  /** Those that could be asked about. */
  readonly sources: readonly SourceFreshness[];
  /** When the checks ran, epoch milliseconds. */
  readonly asOfMs: number;
}

/** One round of asking everything. */
export interface SystemProbe {
  readonly services: ServiceProbes<ServiceName>;
  readonly addresses: Readonly<Record<ServiceName, string>>;
  readonly redis: RedisProbe;
  readonly intake: IntakeProgress | undefined;
  readonly sources: readonly SourceFacts[];
}

/** Judges one round and dates its findings. */
export function assessSystem(probe: SystemProbe, ownVersion: string, history: StatusHistory): SystemHealth {
  const serviceFindings = serviceNames
    .map((name) => judgeService(name, probe.addresses[name], probe.services[name], ownVersion))
    .map((finding) => (finding.component === "monitoring" ? judgeIntake(finding, probe.intake) : finding));
  const components = history.date([...serviceFindings, ...judgeRedis(probe.redis)]);
  const asOfMs = Math.min(...components.map(({ checkedAtMs }) => checkedAtMs));
  return {
    status: systemStatus(components),
    summary: summarize(components),
    components,
    redis: summarizeRedis(probe.redis),
    intake: probe.intake,
    sources: probe.sources.map((source) => judgeSource(source, asOfMs)),
    asOfMs,
  };
}

const serviceNames = componentNames.filter((name) => name !== "redis");

/** The worst status that matters. */
export function systemStatus(findings: readonly Finding[]): HealthStatus {
  return findings
    .map(({ component, status }) =>
      status === "not_serving" ? componentTraits[component].systemWithoutIt : status,
    )
    .reduce(worse, "serving");
}

/** Faults that the summary names; more are counted. */
const namedFaults = 3;

/** "All five services are serving.", or a sentence for each part that does not work fully, the worst first. */
export function summarize(findings: readonly Finding[]): string {
  const faulty = [
    ...findings.filter(({ status }) => status === "not_serving"),
    ...findings.filter(({ status }) => status === "degraded"),
  ];
  if (faulty.length === 0) return "All five services are serving.";
  const sentences = faulty.slice(0, namedFaults).map(describe);
  const unnamed = faulty.length - sentences.length;
  if (unnamed > 0) sentences.push(`${unnamed} more ${unnamed === 1 ? "part has" : "parts have"} faults.`);
  return sentences.join(" ");
}

function describe({ component, reasons }: Finding): string {
  return `${componentTraits[component].title} ${reasons[0] ?? "does not work fully"}.`;
}

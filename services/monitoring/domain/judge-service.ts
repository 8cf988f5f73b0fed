import type { ServiceProbe } from "#platform/client/probe-service.ts";
import type { Finding, ServiceName } from "./component.ts";

/**
 * What a probe says about a service. One that serves with another version than Monitoring's own is degraded:
 * so a roll-out that stopped half-way is seen.
 */
export function judgeService(
  component: ServiceName,
  address: string,
  probe: ServiceProbe,
  ownVersion: string,
): Finding {
  const reasons = [...probe.reasons];
  if (probe.version !== "" && probe.version !== ownVersion)
    reasons.push(`runs version ${probe.version}, Monitoring ${ownVersion}`);
  const whileServing = reasons.length === 0 ? "serving" : "degraded";
  return {
    component,
    address,
    status: probe.status === "serving" ? whileServing : "not_serving",
    reasons,
    latencyMs: probe.latencyMs,
    version: probe.version,
    checkedAtMs: probe.checkedAtMs,
    startedAtMs: undefined,
  };
}

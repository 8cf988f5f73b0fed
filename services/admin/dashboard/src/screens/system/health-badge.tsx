import { HealthStatus } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { Badge, type Tone } from "../../design/badge.tsx";

const texts: Readonly<Record<HealthStatus, readonly [text: string, tone: Tone]>> = {
  [HealthStatus.UNSPECIFIED]: ["Unknown", "neutral"],
  [HealthStatus.SERVING]: ["Serving", "good"],
  [HealthStatus.DEGRADED]: ["Needs attention", "warning"],
  [HealthStatus.NOT_SERVING]: ["Down", "danger"],
  [HealthStatus.UNKNOWN]: ["Unknown", "warning"],
};

/** Whether something works. */
export function HealthBadge({ of, good }: { of: HealthStatus; good?: string }) {
  const [text, tone] = texts[of] ?? ["Unknown", "warning"];
  return <Badge tone={tone}>{of === HealthStatus.SERVING ? (good ?? text) : text}</Badge>;
}

const urgency: Readonly<Record<HealthStatus, number>> = {
  [HealthStatus.NOT_SERVING]: 0,
  [HealthStatus.UNKNOWN]: 1,
  [HealthStatus.DEGRADED]: 2,
  [HealthStatus.UNSPECIFIED]: 3,
  [HealthStatus.SERVING]: 4,
};

const urgencyOf = (status: HealthStatus): number => urgency[status] ?? 1;

/** Orders what needs somebody before what does not. */
export function byUrgency(left: { status: HealthStatus }, right: { status: HealthStatus }): number {
  return urgencyOf(left.status) - urgencyOf(right.status);
}

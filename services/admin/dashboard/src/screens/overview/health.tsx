import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type ComponentHealth,
  ComponentSchema,
  HealthStatus,
  type SystemHealth,
} from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { Badge, type Tone } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { Icon, type IconName } from "../../design/icon.tsx";
import { durationText, TimeAgo } from "../../design/time.tsx";

interface Look {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly text: string;
}

const unknown: Look = { tone: "neutral", icon: "info", text: "Unknown" };
const looks: Readonly<Record<number, Look>> = {
  [HealthStatus.SERVING]: { tone: "good", icon: "check", text: "Serving" },
  [HealthStatus.DEGRADED]: { tone: "warning", icon: "warning", text: "Degraded" },
  [HealthStatus.NOT_SERVING]: { tone: "danger", icon: "danger", text: "Not serving" },
};

/** The state of the whole in one sentence, before every figure. */
export function HealthSentence({ health, firing }: { health: SystemHealth; firing: number }) {
  const { tone, icon } = looks[health.status] ?? unknown;
  const alerts =
    firing === 0 ? "No alert is firing." : `${firing} ${firing === 1 ? "alert is" : "alerts are"} firing.`;
  return (
    <p className={`overview-sentence overview-${tone}`}>
      <Icon name={icon} size={22} />
      <span>
        <strong>{health.summary}</strong> {alerts}
      </span>
      <span className="overview-asof">
        checked <TimeAgo at={health.asOf} />
      </span>
    </p>
  );
}

/** Each service and server, with what is wrong with it. */
export function ServiceHealth({ health }: { health: SystemHealth }) {
  return (
    <Card title="Services">
      <ul className="overview-list">
        {health.components.map((component) => (
          <ServiceLine key={`${component.component} ${component.address}`} of={component} />
        ))}
      </ul>
    </Card>
  );
}

function ServiceLine({ of: { component, status, latency, reasons, version } }: { of: ComponentHealth }) {
  const { tone, text } = looks[status] ?? unknown;
  return (
    <li>
      <span>
        <strong>{enumText(ComponentSchema, component)}</strong>{" "}
        <span className="soft">
          {[version, latency && durationText(durationMs(latency))].filter(Boolean).join(" · ")}
        </span>
        {reasons.length > 0 && <span className="overview-reason">{reasons.join("; ")}</span>}
      </span>
      <Badge tone={tone}>{text}</Badge>
    </li>
  );
}

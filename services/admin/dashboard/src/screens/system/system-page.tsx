import { useQuery } from "@connectrpc/connect-query";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { SystemHealth } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { PageHeader } from "../../design/page.tsx";
import { Loaded } from "../../design/states.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { ComponentsCard } from "./components-card.tsx";
import { EvaluationCard, IntakeCard } from "./followers-cards.tsx";
import { HealthBadge } from "./health-badge.tsx";
import { RedisCard } from "./redis-card.tsx";
import { SourcesCard } from "./sources-card.tsx";

/** There is no stream of the system's health; the checks themselves run about so often. */
const refreshMs = 5_000;

/** How the five services, Redis and what they follow stand; what is unwell first. */
export function Page() {
  const health = useQuery(MonitoringService.method.getSystemHealth, {}, { refetchInterval: refreshMs });
  const known = health.data?.health;
  return (
    <>
      <PageHeader
        title="System"
        badges={known && <HealthBadge of={known.status} />}
        about={
          known && (
            <>
              {known.summary} Checked <TimeAgo at={known.asOf} />.
            </>
          )
        }
      />
      <Loaded from={health} lines={10}>
        {() => known && <Parts of={known} />}
      </Loaded>
    </>
  );
}

function Parts({ of }: { of: SystemHealth }) {
  return (
    <div className="stack">
      <ComponentsCard components={of.components} />
      <div className="columns">
        {of.redis && <RedisCard of={of.redis} />}
        <div className="stack">
          {of.intake && <IntakeCard of={of.intake} />}
          {of.evaluation && <EvaluationCard of={of.evaluation} />}
        </div>
      </div>
      <SourcesCard sources={of.sources} />
    </div>
  );
}

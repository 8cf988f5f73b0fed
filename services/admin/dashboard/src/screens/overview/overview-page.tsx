import { durationMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import { useMemo } from "react";
import { Link } from "wouter";
import type { Overview, OverviewActivity } from "#gen/billing/monitoring/v1/overview_pb.ts";
import { msOf } from "../../data/clock.ts";
import { formatNumber } from "../../data/exact.ts";
import { titleOf } from "../../data/failure.ts";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { PageHeader } from "../../design/page.tsx";
import { RangePicker, useRange } from "../../design/range-picker.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { TimeSeries } from "../../design/time-series.tsx";
import { FiringAlerts } from "./firing-alerts.tsx";
import { HealthSentence, ServiceHealth } from "./health.tsx";
import "./overview.css";
import { Positions } from "./positions.tsx";
import { Tiles } from "./tiles.tsx";
import { useOverview } from "./use-overview.ts";

/** How the system stands, in one look. */
export function Page() {
  const { seconds, name } = useRange();
  const read = useOverview(seconds);
  return (
    <>
      <PageHeader title="Overview" about={`The ${name}, live`} actions={<RangePicker />} />
      <Loaded from={read} lines={12}>
        {({ overview }) => overview && <Parts overview={overview} rangeName={name} />}
      </Loaded>
    </>
  );
}

function Parts({ overview, rangeName }: { overview: Overview; rangeName: string }) {
  const { health, tiles, activity, positions, alerts, startTime } = overview;
  return (
    <div className="stack">
      {health && <HealthSentence health={health} firing={alerts.length} />}
      {overview.partial && (
        <p className="overview-partial">Incomplete: {overview.partialReasons.join(" ")}</p>
      )}
      <Tiles tiles={tiles} rangeName={rangeName} />
      <div className="overview-columns">
        <Card title="Charges and declines" hint={rangeName}>
          {activity && <Activity activity={activity} startTime={startTime} />}
        </Card>
        <Card title="Declines by reason" hint={rangeName}>
          {activity && <Declines byReason={activity.declinesByReason} />}
        </Card>
      </div>
      <Positions positions={positions} />
      <div className="columns">
        <FiringAlerts alerts={alerts} />
        {health && <ServiceHealth health={health} />}
      </div>
    </div>
  );
}

function Activity({ activity, startTime }: { activity: OverviewActivity; startTime: Timestamp | undefined }) {
  const { charges, declines, step } = activity;
  const startMs = msOf(startTime) ?? 0;
  const stepMs = step === undefined ? 60_000 : durationMs(step);
  const timesMs = useMemo(
    () => charges.map((_, index) => startMs + index * stepMs),
    [charges, startMs, stepMs],
  );
  const series = useMemo(
    () =>
      [
        { name: "Charges", values: charges, colour: 1 },
        { name: "Declines", values: declines, colour: 2 },
      ] as const,
    [charges, declines],
  );
  return <TimeSeries label="Charges and declines" timesMs={timesMs} series={series} />;
}

function Declines({ byReason }: { byReason: Readonly<Record<string, bigint>> }) {
  const reasons = Object.entries(byReason)
    .filter(([, count]) => count > 0n)
    .toSorted(([, left], [, right]) => (left < right ? 1 : -1));
  if (reasons.length === 0)
    return (
      <EmptyState title="Nothing was declined" icon="check">
        Every charge and reservation went through.
      </EmptyState>
    );
  return (
    <>
      <Facts of={reasons.map(([reason, count]) => [titleOf(reason), formatNumber(count)])} />
      <p className="overview-more">
        <Link href="/accounts">Find an account</Link>
      </p>
    </>
  );
}

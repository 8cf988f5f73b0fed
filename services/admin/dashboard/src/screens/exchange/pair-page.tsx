import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@connectrpc/connect-query";
import { lazy, Suspense, useState } from "react";
import type { HistoricalRate, RateInForce, RateOverride } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { usePathId } from "../../data/path-id.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Button, LinkButton } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Facts, Stat, StatRow } from "../../design/facts.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { PageHeader } from "../../design/page.tsx";
import { EmptyState, Loaded, Skeleton } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeAgo, TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { RateSteps } from "../transactions/rate-steps.tsx";
import { ClearRateDialog } from "./clear-rate-dialog.tsx";
import { kindText, pathOf, providerText, RateBadge, RateFigure } from "./rate-text.tsx";
import { SetRateDialog } from "./set-rate-dialog.tsx";

const TimeSeries = lazy(async () => ({ default: (await import("../../design/time-series.tsx")).TimeSeries }));

/** A pair of currencies: its rate now, how that comes about, and how it went. */
export function Page() {
  const fromCurrency = usePathId("from");
  const toCurrency = usePathId("to");
  const found = useQuery(ExchangeRateService.method.getRate, { fromCurrency, toCurrency });
  const known = found.data?.rate;
  return (
    <>
      <PageHeader
        title={`${fromCurrency} to ${toCurrency}`}
        back={{ href: "/exchange", label: "Exchange" }}
        badges={known && <RateBadge rate={known} />}
        about={known && kindText(known.kind)}
        actions={<Actions from={fromCurrency} to={toCurrency} rate={known} />}
      />
      <div className="stack">
        <Loaded from={found}>{({ rate }) => rate && <Now of={rate} />}</Loaded>
        <History fromCurrency={fromCurrency} toCurrency={toCurrency} />
      </div>
    </>
  );
}

function Actions({ from, to, rate }: { from: string; to: string; rate: RateInForce | undefined }) {
  const [isSetting, set] = useState(false);
  // Kept as it was: it is gone as soon as it is cleared, and the dialog still has to say so.
  const [cleared, clear] = useState<RateOverride>();
  const may = usePermission();
  const { setRate, clearRateOverride } = ExchangeRateService.method;
  const override = rate?.override;
  return (
    <>
      <LinkButton href={`/exchange/${to}/${from}`} icon="exchange" look="quiet">
        The other way
      </LinkButton>
      {override && may(clearRateOverride) && (
        <Button icon="close" onClick={() => clear(override)}>
          Clear the manual rate
        </Button>
      )}
      {may(setRate) && from !== to && (
        <Button icon="edit" onClick={() => set(true)}>
          Set a rate
        </Button>
      )}
      {isSetting && (
        <SetRateDialog
          base={from}
          quote={to}
          codes={[from, to]}
          override={override}
          onClose={() => set(false)}
        />
      )}
      {cleared && <ClearRateDialog override={cleared} onClose={() => clear(undefined)} />}
    </>
  );
}

function Now({ of }: { of: RateInForce }) {
  const { rate, usableUntil, override } = of;
  if (rate === undefined) return null;
  return (
    <>
      <StatRow>
        <Stat
          name={`1 ${rate.fromCurrency} in ${rate.toCurrency}`}
          value={<RateFigure of={rate.rate} />}
          note={pathOf(rate)}
        />
        <Stat
          name="Published"
          value={rate.publishedAt ? <TimeAgo at={rate.publishedAt} /> : "always"}
          note={providerText(rate)}
        />
        <Stat
          name="Usable until"
          value={usableUntil ? <TimeAgo at={usableUntil} /> : "without end"}
          note="if no newer one comes"
        />
      </StatRow>
      <div className="columns">
        <Card title="How it comes about" hint="computed exactly, rounded once at the end">
          {rate.steps.length > 0 ? <RateSteps rate={rate} /> : "Both are the same currency."}
        </Card>
        {override && (
          <Card title="Set by hand">
            <Facts
              of={[
                [
                  `1 ${override.baseCurrency} in ${override.quoteCurrency}`,
                  <RateFigure key="rate" of={override.rate} />,
                ],
                ["Since", <TimeAt key="since" at={override.effectiveFrom} />],
                ["Until", override.endsAt ? <TimeAt key="until" at={override.endsAt} /> : "it is cleared"],
                ["By", override.createdBy],
                ["Why", override.comment],
              ]}
            />
          </Card>
        )}
      </div>
    </>
  );
}

/** The most that a chart shows; more would lie closer than pixels. */
const maxPoints = 1_000;
const dayMs = 86_400_000;

/** How far back the history goes: banks publish once a day. */
const spans: Readonly<Record<string, { text: string; days?: number }>> = {
  "": { text: "A year", days: 365 },
  month: { text: "A month", days: 30 },
  all: { text: "Everything" },
};

function History({ fromCurrency, toCurrency }: { fromCurrency: string; toCurrency: string }) {
  const [span] = useUrlState("since");
  const { days } = spans[span] ?? { days: 365 };
  // Whole days, so that the same view is not read anew with every render.
  const sinceMs = (Math.floor(Date.now() / dayMs) - (days ?? 0)) * dayMs;
  const found = useQuery(ExchangeRateService.method.listRateHistory, {
    fromCurrency,
    toCurrency,
    ...(days !== undefined && { from: timestampFromMs(sinceMs) }),
    pageSize: maxPoints,
  });
  return (
    <Card flush title="History">
      <FilterBar>
        <SelectFilter
          name="since"
          label="Show"
          options={Object.entries(spans).map(([value, { text }]) => [value, text] as const)}
        />
      </FilterBar>
      <Loaded from={found} lines={6}>
        {({ rates, nextPageToken }) => (
          <>
            {rates.length > 1 && <Chart rates={rates} label={`1 ${fromCurrency} in ${toCurrency}`} />}
            <Table
              label="History"
              columns={columns}
              rows={rates.slice(0, shownRows)}
              keyOf={({ effectiveFrom, rate }) => `${msOf(effectiveFrom)} ${rate?.rate}`}
              empty={
                <EmptyState title="No rate in that time" icon="exchange">
                  Nothing was published for this pair then. Show a longer time.
                </EmptyState>
              }
            />
            {(nextPageToken !== "" || rates.length > shownRows) && (
              <p className="pager">The newest {Math.min(shownRows, rates.length)} of these rates.</p>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

/** Rows below the chart, which itself can be read as a table of everything. */
const shownRows = 10;

function Chart({ rates, label }: { rates: readonly HistoricalRate[]; label: string }) {
  const inOrder = rates.toReversed();
  return (
    <div className="history-chart">
      <Suspense fallback={<Skeleton lines={6} />}>
        <TimeSeries
          label={label}
          timesMs={inOrder.map(({ effectiveFrom }) => msOf(effectiveFrom) ?? 0)}
          series={[{ name: label, values: inOrder.map(({ rate }) => rate?.rate ?? ""), colour: 1 }]}
          isAround
        />
      </Suspense>
    </div>
  );
}

const columns: ReadonlyArray<Column<HistoricalRate>> = [
  {
    id: "from",
    title: "From",
    compare: (left, right) => (msOf(left.effectiveFrom) ?? 0) - (msOf(right.effectiveFrom) ?? 0),
    cell: ({ effectiveFrom }) => <TimeAt at={effectiveFrom} />,
  },
  { id: "rate", title: "Rate", align: "right", cell: ({ rate }) => rate && <RateFigure of={rate.rate} /> },
  { id: "path", title: "Path", isMinor: true, cell: ({ rate }) => rate && pathOf(rate) },
  { id: "source", title: "Source", isMinor: true, cell: ({ rate }) => rate && providerText(rate) },
  {
    id: "known",
    title: "Known since",
    align: "right",
    isMinor: true,
    cell: ({ fetchedAt }) => <TimeAgo at={fetchedAt} />,
  },
];

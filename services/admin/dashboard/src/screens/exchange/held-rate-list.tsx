import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import {
  type HeldRate,
  HeldRateState,
  HeldRateStateSchema,
  HoldReason,
} from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { RateStep } from "#gen/billing/type/v1/rate_pb.ts";
import { msOf } from "../../data/clock.ts";
import { enumText } from "../../data/enum-text.ts";
import { compareDecimals } from "../../data/exact.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { HeldRateDialog } from "./held-rate-dialog.tsx";
import { RateFigure } from "./rate-text.tsx";

const { HELD, APPROVED, REJECTED, SUPERSEDED } = HeldRateState;
const states = [HELD, APPROVED, REJECTED, SUPERSEDED] as const;

const stateOptions = states.map(
  (state) => [state === HELD ? "" : String(state), enumText(HeldRateStateSchema, state)] as const,
);

/** Published rates that a guard kept out of force, until somebody decides. */
export function HeldRateList() {
  const [text] = useUrlState("state");
  const [decided, decide] = useState<{ readonly held: HeldRate; readonly approves: boolean }>();
  const may = usePermission();
  const found = useQuery(
    ExchangeRateService.method.listHeldRates,
    { state: states.find((each) => String(each) === text) ?? HELD, pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const mayDecide = may(ExchangeRateService.method.approveHeldRate);
  return (
    <Card flush title="Held rates" hint="published, and kept out of force by a guard">
      <FilterBar>
        <SelectFilter name="state" label="State" options={stateOptions} />
      </FilterBar>
      <Loaded from={found}>
        {({ heldRates, nextPageToken }) => (
          <PagedTable
            label="Held rates"
            columns={mayDecide ? [...columns, decideColumn(decide)] : columns}
            rows={heldRates}
            keyOf={({ heldRateId }) => heldRateId}
            empty={
              <EmptyState title="Nothing of this kind" icon="check">
                A rate is held when it jumps, looks inverted, or differs from other providers; the last good
                one then stays in force.
              </EmptyState>
            }
            noun="rates"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
      {decided && <HeldRateDialog {...decided} onClose={() => decide(undefined)} />}
    </Card>
  );
}

/** Why a rate is held, in words. */
export const holdTexts: Readonly<Record<HoldReason, string>> = {
  [HoldReason.UNSPECIFIED]: "Held",
  [HoldReason.JUMP]: "Jumps",
  [HoldReason.INVERTED]: "Looks inverted",
  [HoldReason.CONSENSUS]: "Others disagree",
  [HoldReason.FUTURE_DATE]: "Date in the future",
  [HoldReason.REVISED]: "Published before otherwise",
};

function pairText(step: RateStep | undefined): string {
  return `${step?.baseCurrency} to ${step?.quoteCurrency}`;
}

const columns: ReadonlyArray<Column<HeldRate>> = [
  {
    id: "pair",
    title: "Pair",
    compare: (left, right) => pairText(left.published).localeCompare(pairText(right.published)),
    cell: ({ published }) => (
      <>
        <strong>{pairText(published)}</strong>
        <div className="labels">{published?.provider}</div>
      </>
    ),
  },
  {
    id: "why",
    title: "Why",
    compare: (left, right) => left.holdReason - right.holdReason,
    cell: ({ holdReason, state }) => (
      <span className="row">
        <Badge tone="warning">{holdTexts[holdReason]}</Badge>
        {state !== HELD && <Badge>{enumText(HeldRateStateSchema, state)}</Badge>}
      </span>
    ),
  },
  {
    id: "published",
    title: "Published",
    align: "right",
    compare: (left, right) => compareDecimals(left.published?.publishedRate, right.published?.publishedRate),
    cell: ({ published }) => published && <RateFigure of={published.publishedRate} />,
  },
  {
    id: "good",
    title: "Last good",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.lastGood?.publishedRate, right.lastGood?.publishedRate),
    cell: ({ lastGood }) => (lastGood ? <RateFigure of={lastGood.publishedRate} /> : "none"),
  },
  {
    id: "change",
    title: "Change",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.changePercent, right.changePercent),
    cell: ({ changePercent }) => (changePercent ? `${changePercent.replace("-", "−")} %` : "–"),
  },
  {
    id: "fetched",
    title: "Read",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.fetchedAt) ?? 0) - (msOf(right.fetchedAt) ?? 0),
    cell: ({ fetchedAt }) => <TimeAgo at={fetchedAt} />,
  },
];

function decideColumn(decide: (decision: { held: HeldRate; approves: boolean }) => void): Column<HeldRate> {
  return {
    id: "decide",
    title: "Decide",
    align: "right",
    cell: (held) =>
      held.state === HELD ? (
        <span className="row">
          <Button size="s" onClick={() => decide({ held, approves: true })}>
            Approve
          </Button>
          <Button size="s" onClick={() => decide({ held, approves: false })}>
            Reject
          </Button>
        </span>
      ) : (
        (held.decidedBy ?? "")
      ),
  };
}

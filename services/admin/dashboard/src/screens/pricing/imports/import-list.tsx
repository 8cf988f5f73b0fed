import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import {
  ImportState,
  ImportStateSchema,
  ImportTriggerSchema,
  type PriceImport,
} from "#gen/billing/pricing/v1/price_import_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { msOf } from "../../../data/clock.ts";
import { enumChoice, enumOptions, enumText } from "../../../data/enum-text.ts";
import { formatNumber } from "../../../data/exact.ts";
import { useUrlState } from "../../../data/url-state.ts";
import { Badge } from "../../../design/badge.tsx";
import { Card } from "../../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../../design/filter-bar.tsx";
import { PagedTable } from "../../../design/paged-table.tsx";
import { usePageToken } from "../../../design/pager.tsx";
import { EmptyState, Loaded } from "../../../design/states.tsx";
import type { Column } from "../../../design/table.tsx";
import { TimeAgo } from "../../../design/time.tsx";
import "../pricing.css";
import { ImportBadge } from "./import-badges.tsx";

const stateOptions = [["", "Any state"], ...enumOptions(ImportStateSchema)] as const;

/** Readings of price lists, newest first; those that await approval say so. */
export function ImportList() {
  const [text] = useUrlState("state");
  const [sourceId] = useUrlState("source");
  const sources = useQuery(PricingService.method.listPriceSources, { pageSize: 1_000 });
  const state = enumChoice(ImportStateSchema, text) ?? ImportState.UNSPECIFIED;
  const found = useQuery(
    PricingService.method.listImports,
    { sourceId, state, pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const sourceOptions = (sources.data?.sources ?? []).map((each) => [each.sourceId, each.sourceId] as const);
  return (
    <Card flush>
      <FilterBar>
        <SelectFilter name="state" label="State" options={stateOptions} />
        <SelectFilter name="source" label="Source" options={[["", "Any source"], ...sourceOptions]} />
      </FilterBar>
      <Loaded from={found} lines={6}>
        {({ imports, nextPageToken }) => (
          <PagedTable
            label="Imports"
            columns={columns}
            rows={imports}
            keyOf={({ importId }) => importId}
            empty={
              <EmptyState title="No imports" icon="pricing">
                Each reading of a source stands here, with what it would change.
              </EmptyState>
            }
            noun="imports"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const columns: ReadonlyArray<Column<PriceImport>> = [
  {
    id: "import",
    title: "Import",
    compare: (left, right) => (msOf(left.createdAt) ?? 0) - (msOf(right.createdAt) ?? 0),
    cell: ({ importId, sourceId, createdAt, trigger }) => (
      <>
        <Link href={`/pricing/imports/${encodeURIComponent(importId)}`} className="table-link">
          {sourceId}
        </Link>
        <div className="labels">
          <TimeAgo at={createdAt} />, by {enumText(ImportTriggerSchema, trigger).toLowerCase()}
        </div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) => <ImportBadge state={state} />,
  },
  { id: "changes", title: "Changes", cell: (each) => <Changes of={each} /> },
  {
    id: "waiting",
    title: "Waiting",
    align: "right",
    isMinor: true,
    compare: (left, right) => (left.counts?.pendingCount ?? 0) - (right.counts?.pendingCount ?? 0),
    cell: ({ counts }) => formatNumber(counts?.pendingCount ?? 0),
  },
  {
    id: "decided",
    title: "Decided",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.decidedAt) ?? 0) - (msOf(right.decidedAt) ?? 0),
    cell: ({ decidedAt, decidedBy }) =>
      decidedAt ? (
        <>
          <TimeAgo at={decidedAt} />
          <div className="labels">by {decidedBy}</div>
        </>
      ) : (
        <span className="soft">not yet</span>
      ),
  },
];

function Changes({ of }: { of: PriceImport }) {
  const { counts, errorMessage } = of;
  if (errorMessage) return <span className="soft">{errorMessage}</span>;
  if (counts === undefined) return null;
  const parts = [
    [counts.newCount, "new"],
    [counts.changedCount, "changed"],
    [counts.removedCount, "removed"],
  ] as const;
  const said = parts.filter(([count]) => count > 0);
  return (
    <span className="counts">
      {said.length === 0 && <span className="soft">none</span>}
      {said.map(([count, text]) => (
        <span key={text}>
          {formatNumber(count)} {text}
        </span>
      ))}
      {counts.heldCount > 0 && <Badge tone="warning">{formatNumber(counts.heldCount)} suspicious</Badge>}
    </span>
  );
}

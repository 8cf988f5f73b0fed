import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import { PriceOriginSchema, type PriceVersion } from "#gen/billing/pricing/v1/price_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { enumText } from "../../data/enum-text.ts";
import { useUrlState } from "../../data/url-state.ts";
import { defaultBook } from "../../data/use-books.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { Pager, usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { absoluteText, TimeAt } from "../../design/time.tsx";
import { TermsDiff } from "./terms/terms-diff.tsx";

/** The versions of a price, past, present and to come, and what differs between two of them. */
export function VersionList({ priceId }: { priceId: string }) {
  const [book] = useUrlState("book");
  const found = useQuery(
    PricingService.method.listPriceVersions,
    { priceId, priceBook: book || defaultBook, pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <div className="stack">
      <Loaded from={found}>
        {({ versions, nextPageToken }) => (
          <>
            {versions.length > 1 && <Comparison versions={versions} />}
            <Card flush title="Versions" hint="the latest first">
              <Table
                label="Versions"
                columns={columns(priceId)}
                rows={versions}
                keyOf={({ priceVersion }) => priceVersion}
                empty={
                  <EmptyState title="No version of its own" icon="pricing">
                    The book takes the price from its parent.
                  </EmptyState>
                }
              />
              <Pager count={versions.length} noun="versions" nextPageToken={nextPageToken} />
            </Card>
          </>
        )}
      </Loaded>
    </div>
  );
}

/** What differs between two versions; by default the latest two. */
function Comparison({ versions }: { versions: readonly PriceVersion[] }) {
  const [left, right] = [versions[1]?.priceVersion ?? "", versions[0]?.priceVersion ?? ""];
  const [beforeId] = useUrlState("before", left);
  const [afterId] = useUrlState("after", right);
  const options = versions.map(
    ({ priceVersion, effectiveFrom }) => [priceVersion, absoluteText(msOf(effectiveFrom) ?? 0)] as const,
  );
  const termsOf = (id: string) => versions.find(({ priceVersion }) => priceVersion === id)?.terms;
  return (
    <Card flush title="What changed">
      <FilterBar>
        <SelectFilter name="before" label="From" byDefault={left} options={options} />
        <SelectFilter name="after" label="to" byDefault={right} options={options} />
      </FilterBar>
      <TermsDiff before={termsOf(beforeId)} after={termsOf(afterId)} />
    </Card>
  );
}

function columns(priceId: string): ReadonlyArray<Column<PriceVersion>> {
  return [
    {
      id: "from",
      title: "In force from",
      compare: (left, right) => (msOf(left.effectiveFrom) ?? 0) - (msOf(right.effectiveFrom) ?? 0),
      cell: ({ priceVersion, effectiveFrom }) => (
        <>
          <Link
            href={`/pricing/prices/${encodeURIComponent(priceId)}?version=${encodeURIComponent(priceVersion)}`}
            className="table-link"
          >
            <TimeAt at={effectiveFrom} />
          </Link>
          <div className="labels mono">{priceVersion}</div>
        </>
      ),
    },
    { id: "state", title: "State", cell: (version) => <VersionBadge of={version} /> },
    {
      id: "origin",
      title: "Made by",
      isMinor: true,
      compare: (left, right) => left.origin - right.origin,
      cell: ({ origin, importId, createdBy }) => (
        <>
          {importId ? (
            <Link href={`/pricing/imports/${encodeURIComponent(importId)}`}>
              {enumText(PriceOriginSchema, origin)}
            </Link>
          ) : (
            enumText(PriceOriginSchema, origin)
          )}
          <div className="labels">{createdBy}</div>
        </>
      ),
    },
    { id: "why", title: "Why", isMinor: true, cell: ({ comment }) => comment || "–" },
  ];
}

function VersionBadge({ of }: { of: PriceVersion }) {
  const now = Date.now();
  if ((msOf(of.effectiveFrom) ?? 0) > now)
    return (
      <Badge tone="info" icon="clock">
        To come
      </Badge>
    );
  if ((msOf(of.effectiveUntil) ?? Infinity) <= now) return <Badge>Past</Badge>;
  return <Badge tone="good">In force</Badge>;
}

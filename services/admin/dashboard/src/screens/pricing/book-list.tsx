import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import type { PriceBook } from "#gen/billing/pricing/v1/price_book_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { compareDecimals, formatNumber } from "../../data/exact.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { FilterBar, SearchFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";

/** Price books: prices for tiers of customers, over those of a parent. */
export function BookList() {
  const [query] = useUrlState("q");
  const found = useQuery(
    PricingService.method.listPriceBooks,
    { query, pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <FilterBar>
        <SearchFilter label="Search by id or name" />
      </FilterBar>
      <Loaded from={found}>
        {({ books, nextPageToken }) => (
          <PagedTable
            label="Price books"
            columns={columns}
            rows={books}
            keyOf={({ priceBook }) => priceBook}
            empty={<EmptyState title="No price book fits" icon="search" />}
            noun="price books"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const columns: ReadonlyArray<Column<PriceBook>> = [
  {
    id: "book",
    title: "Book",
    compare: (left, right) => left.priceBook.localeCompare(right.priceBook),
    cell: ({ priceBook, displayName, description }) => (
      <>
        <Link href={`/pricing?book=${encodeURIComponent(priceBook)}`} className="table-link">
          {priceBook}
        </Link>
        <div className="labels">{[displayName, description].filter(Boolean).join(" · ")}</div>
      </>
    ),
  },
  {
    id: "parent",
    title: "Over",
    compare: (left, right) => left.parentBook.localeCompare(right.parentBook),
    cell: ({ parentBook }) => parentBook || "nothing: it holds every price",
  },
  {
    id: "markup",
    title: "Factor",
    align: "right",
    compare: (left, right) => compareDecimals(left.markupMultiplier || "1", right.markupMultiplier || "1"),
    cell: ({ markupMultiplier }) => `× ${markupMultiplier || "1"}`,
  },
  {
    id: "discount",
    title: "Discount",
    align: "right",
    compare: (left, right) => compareDecimals(left.discountPercent, right.discountPercent),
    cell: ({ discountPercent }) => `${discountPercent || "0"} %`,
  },
  {
    id: "overrides",
    title: "Own prices",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.overrideCount - right.overrideCount,
    cell: ({ overrideCount, priceBook }) =>
      overrideCount === 0 ? (
        "none"
      ) : (
        <Link href={`/pricing?book=${encodeURIComponent(priceBook)}&shown=overridden`}>
          {formatNumber(overrideCount)}
        </Link>
      ),
  },
  {
    id: "updated",
    title: "Changed",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.updatedAt) ?? 0) - (msOf(right.updatedAt) ?? 0),
    cell: ({ updatedAt }) => <TimeAgo at={updatedAt} />,
  },
];

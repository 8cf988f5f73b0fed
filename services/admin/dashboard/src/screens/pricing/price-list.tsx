import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import { type Price, PriceOriginSchema } from "#gen/billing/pricing/v1/price_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { enumText } from "../../data/enum-text.ts";
import { useUrlState } from "../../data/url-state.ts";
import { useBooks } from "../../data/use-books.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { FilterBar, SearchFilter, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { describeTerms } from "./terms/describe-terms.ts";
import "./pricing.css";

/** Prices as a book has them. */
export function PriceList() {
  const [query] = useUrlState("q");
  const [priceBook] = useUrlState("book");
  const [shown] = useUrlState("shown");
  const [sourceId, setSource] = useUrlState("source");
  const books = useBooks();
  const found = useQuery(
    PricingService.method.listPrices,
    {
      query,
      priceBook,
      sourceId,
      overriddenOnly: shown === "overridden",
      includeArchived: shown === "archived",
      pageSize: 25,
      pageToken: usePageToken(),
    },
    { placeholderData: keepPreviousData },
  );
  const isFiltered = query !== "" || shown === "overridden" || sourceId !== "";
  return (
    <Card flush>
      <FilterBar>
        <SearchFilter label="Search by id, name or provider" />
        <SelectFilter name="book" label="Book" options={books} />
        <SelectFilter
          name="shown"
          label="Show"
          options={[
            ["", "Prices in use"],
            ["archived", "Archived ones too"],
            ["overridden", "What the book overrides"],
          ]}
        />
        {sourceId && (
          <button type="button" className="button button-quiet button-s" onClick={() => setSource("")}>
            Source {sourceId} ×
          </button>
        )}
      </FilterBar>
      <Loaded from={found} lines={8}>
        {({ prices, nextPageToken }) => (
          <PagedTable
            label="Prices"
            columns={columns(priceBook)}
            rows={prices}
            keyOf={({ priceId }) => priceId}
            empty={<NoPrices isFiltered={isFiltered} />}
            noun="prices"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

/** Lines of a price that a list shows. */
const shownLines = 2;

function columns(priceBook: string): ReadonlyArray<Column<Price>> {
  return [
    {
      id: "price",
      title: "Price",
      compare: (left, right) => left.priceId.localeCompare(right.priceId),
      cell: (price) => (
        <>
          <Link href={priceHref(price.priceId, priceBook)} className="table-link">
            {price.priceId}
          </Link>
          <div className="labels">
            {[price.displayName, price.provider, price.mode].filter(Boolean).join(" · ")}
          </div>
        </>
      ),
    },
    { id: "terms", title: "Costs", align: "right", cell: (price) => <Costs of={price} /> },
    { id: "state", title: "State", isMinor: true, cell: (price) => <PriceBadges price={price} /> },
    {
      id: "source",
      title: "From",
      isMinor: true,
      compare: (left, right) => left.sourceId.localeCompare(right.sourceId),
      cell: ({ sourceId, version }) => sourceId || enumText(PriceOriginSchema, version?.origin ?? 0),
    },
    {
      id: "since",
      title: "Since",
      align: "right",
      isMinor: true,
      compare: (left, right) =>
        (msOf(left.version?.effectiveFrom) ?? 0) - (msOf(right.version?.effectiveFrom) ?? 0),
      cell: ({ version }) => <TimeAgo at={version?.effectiveFrom} />,
    },
  ];
}

/** The address of a price in a book. */
export function priceHref(priceId: string, priceBook = ""): string {
  const search = priceBook === "" ? "" : `?book=${encodeURIComponent(priceBook)}`;
  return `/pricing/prices/${encodeURIComponent(priceId)}${search}`;
}

function Costs({ of }: { of: Price }) {
  const lines = of.version?.terms ? describeTerms(of.version.terms) : [];
  return (
    <>
      {lines.slice(0, shownLines).map(({ key, what, howMuch }) => (
        <div key={key} className="cost">
          <span className="labels">{what}</span> {howMuch.find((line) => !line.endsWith(":"))}
        </div>
      ))}
      {lines.length > shownLines && <div className="labels">and {lines.length - shownLines} more</div>}
    </>
  );
}

/** What is special about a price. */
export function PriceBadges({ price }: { price: Price }) {
  return (
    <span className="row">
      {price.archivedAt ? <Badge icon="lock">Archived</Badge> : <Badge tone="good">In use</Badge>}
      {price.pinned && (
        <Badge tone="info" icon="edit">
          Pinned
        </Badge>
      )}
      {price.override && (
        <Badge tone="info" icon="edit">
          Overridden
        </Badge>
      )}
    </span>
  );
}

function NoPrices({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <EmptyState title="No price fits" icon="search">
      Words are looked for in id, name, description and provider; all are needed.
    </EmptyState>
  ) : (
    <EmptyState title="No prices yet" icon="pricing">
      Read a price list, or create prices with CreatePrice.
    </EmptyState>
  );
}

import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import {
  type Currency,
  CurrencyKind,
  CurrencyState,
  type RateGuard,
} from "#gen/billing/exchange/v1/currency_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { FilterBar, SearchFilter, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";

const kinds: Readonly<Record<string, CurrencyKind>> = { iso: CurrencyKind.ISO, custom: CurrencyKind.CUSTOM };
const states: Readonly<Record<string, CurrencyState>> = {
  active: CurrencyState.ACTIVE,
  inactive: CurrencyState.INACTIVE,
};

/** Currencies of ISO 4217 and units of one's own. */
export function CurrencyList() {
  const [query] = useUrlState("q");
  const [kind] = useUrlState("kind");
  const [state] = useUrlState("state");
  const found = useQuery(
    ExchangeRateService.method.listCurrencies,
    {
      query,
      kind: kinds[kind] ?? CurrencyKind.UNSPECIFIED,
      state: states[state] ?? CurrencyState.UNSPECIFIED,
      pageSize: 50,
      pageToken: usePageToken(),
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <FilterBar>
        <SearchFilter label="Search by code or name" />
        <SelectFilter
          name="kind"
          label="Kind"
          options={[
            ["", "Any kind"],
            ["iso", "ISO 4217"],
            ["custom", "Of one's own"],
          ]}
        />
        <SelectFilter
          name="state"
          label="State"
          options={[
            ["", "Any state"],
            ["active", "Active"],
            ["inactive", "Inactive"],
          ]}
        />
      </FilterBar>
      <Loaded from={found} lines={8}>
        {({ currencies, nextPageToken }) => (
          <PagedTable
            label="Currencies"
            columns={columns}
            rows={currencies}
            keyOf={({ currencyCode }) => currencyCode}
            empty={<EmptyState title="No currency fits" icon="search" />}
            noun="currencies"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const columns: ReadonlyArray<Column<Currency>> = [
  {
    id: "code",
    title: "Currency",
    compare: (left, right) => left.currencyCode.localeCompare(right.currencyCode),
    cell: ({ currencyCode, displayName, symbol, base }) => (
      <>
        <span className="row">
          <Link href={base ? "/exchange" : `/exchange?from=${currencyCode}`} className="table-link">
            {currencyCode}
          </Link>
          {base && <Badge tone="info">Base</Badge>}
        </span>
        <div className="labels">{[displayName, symbol].filter(Boolean).join(" · ")}</div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) =>
      state === CurrencyState.ACTIVE ? (
        <Badge tone="good">Active</Badge>
      ) : (
        <Badge icon="lock">Inactive</Badge>
      ),
  },
  {
    id: "kind",
    title: "Kind",
    isMinor: true,
    compare: (left, right) => left.kind - right.kind,
    cell: ({ kind, numericCode, costBases: [basis] }) =>
      kind === CurrencyKind.CUSTOM ? (
        <>
          Of one&apos;s own
          <div className="labels">
            {basis ? `worth ${basis.value} ${basis.referenceCurrency}` : "worth nothing yet"}
          </div>
        </>
      ) : (
        <>
          ISO 4217
          <div className="labels">{numericCode}</div>
        </>
      ),
  },
  {
    id: "digits",
    title: "Digits shown",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.minorDigits - right.minorDigits,
    cell: ({ minorDigits }) => minorDigits,
  },
  {
    id: "scale",
    title: "Digits kept",
    align: "right",
    compare: (left, right) => left.ledgerScale - right.ledgerScale,
    cell: ({ ledgerScale }) => ledgerScale,
  },
  { id: "guard", title: "A rate is held", isMinor: true, cell: ({ guard }) => guardText(guard) },
];

function guardText(guard: RateGuard | undefined): string {
  return `above ${guard?.maxChangePercent || "10"} % change, ${guard?.consensusPercent || "2"} % off the others`;
}

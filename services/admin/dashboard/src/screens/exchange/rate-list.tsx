import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { ListedRate } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { compareDecimals } from "../../data/exact.ts";
import { titleOf } from "../../data/failure.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { usePermission } from "../../session/permission.ts";
import "./exchange.css";
import { pathOf, providerText, RateAge, RateBadge, RateFigure } from "./rate-text.tsx";
import { SetRateDialog } from "./set-rate-dialog.tsx";
import { asBaseOptions, useCurrencies, useRatedCurrencies } from "./use-currencies.ts";

/** Currencies that one call may name. */
const maxAsked = 200;

/** The rates of one currency to every active one, as they are in force now. */
export function RateList() {
  const [from] = useUrlState("from");
  const [shown] = useUrlState("shown");
  const [isSetting, set] = useState(false);
  const maySet = usePermission()(ExchangeRateService.method.setRate);
  const codes = useCurrencies();
  const base = from || (codes[0] ?? "");
  const rated = useRatedCurrencies().filter((code) => code !== base && codes.includes(code));
  const found = useQuery(
    ExchangeRateService.method.listRates,
    {
      fromCurrency: from,
      toCurrencies: shown === "" ? rated.slice(0, maxAsked) : [],
      overriddenOnly: shown === "manual",
      pageSize: 50,
      pageToken: usePageToken(),
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card
      flush
      title="Rates in force"
      hint={`for 1 ${base}`}
      actions={
        maySet && (
          <Button icon="edit" onClick={() => set(true)}>
            Set a rate
          </Button>
        )
      }
    >
      <FilterBar>
        <SelectFilter name="from" label="From" options={asBaseOptions(codes)} />
        <SelectFilter
          name="shown"
          label="Show"
          options={[
            ["", "Currencies with a source"],
            ["all", "Every currency"],
            ["manual", "Manual rates"],
          ]}
        />
      </FilterBar>
      <Loaded from={found} lines={8}>
        {({ rates, nextPageToken }) => (
          <PagedTable
            label="Rates"
            columns={columns}
            rows={rates}
            keyOf={({ pair }) => `${pair?.fromCurrency} ${pair?.toCurrency}`}
            empty={
              <EmptyState title={shown === "manual" ? "No manual rate" : "No rates"} icon="exchange">
                {shown === "manual"
                  ? "Every rate of this currency comes from a provider."
                  : "No active currency has a rate to this one."}
              </EmptyState>
            }
            noun="rates"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
      {isSetting && <SetRateDialog base={base} codes={codes} onClose={() => set(false)} />}
    </Card>
  );
}

const columns: ReadonlyArray<Column<ListedRate>> = [
  {
    id: "to",
    title: "To",
    compare: (left, right) => (left.pair?.toCurrency ?? "").localeCompare(right.pair?.toCurrency ?? ""),
    cell: ({ pair, result }) => (
      <>
        <Link href={`/exchange/${pair?.fromCurrency}/${pair?.toCurrency}`} className="table-link">
          {pair?.toCurrency}
        </Link>
        {result.case === "rate" && result.value.rate && result.value.rate.steps.length > 1 && (
          <div className="labels">{pathOf(result.value.rate)}</div>
        )}
      </>
    ),
  },
  {
    id: "rate",
    title: "Rate",
    align: "right",
    compare: (left, right) => compareDecimals(rateOf(left), rateOf(right)),
    cell: ({ result }) =>
      result.case === "rate" ? (
        <RateFigure of={result.value.rate?.rate ?? ""} />
      ) : (
        <span className="soft">none</span>
      ),
  },
  {
    id: "state",
    title: "State",
    cell: ({ result }) => {
      if (result.case === "rate") return <RateBadge rate={result.value} />;
      if (result.value?.reason === "RATE_UNAVAILABLE") return <Badge>No rate</Badge>;
      return (
        <>
          <Badge tone="danger">{titleOf(result.value?.reason ?? "")}</Badge>
          <div className="labels">{result.value?.message}</div>
        </>
      );
    },
  },
  {
    id: "provider",
    title: "Source",
    isMinor: true,
    compare: (left, right) => providerOf(left).localeCompare(providerOf(right)),
    cell: (listed) => providerOf(listed) || "–",
  },
  {
    id: "age",
    title: "Published",
    align: "right",
    isMinor: true,
    compare: (left, right) => publishedMs(left) - publishedMs(right),
    cell: ({ result }) =>
      result.case === "rate" ? <RateAge of={result.value} /> : <span className="soft">–</span>,
  },
];

function rateOf({ result }: ListedRate): string {
  return result.case === "rate" ? (result.value.rate?.rate ?? "") : "";
}

function providerOf({ result }: ListedRate): string {
  return result.case === "rate" && result.value.rate ? providerText(result.value.rate) : "";
}

function publishedMs({ result }: ListedRate): number {
  return result.case === "rate" ? (msOf(result.value.rate?.publishedAt) ?? 0) : 0;
}

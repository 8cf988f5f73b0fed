import { durationMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import {
  type ProviderRefresh,
  type RateProvider,
  RefreshOutcome,
} from "#gen/billing/exchange/v1/rate_provider_pb.ts";
import { msOf } from "../../data/clock.ts";
import { formatNumber } from "../../data/exact.ts";
import { titleOf } from "../../data/failure.ts";
import { queryClient } from "../../data/query-client.ts";
import { transport } from "../../data/transport.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, FailureNote, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { durationText, TimeAgo } from "../../design/time.tsx";
import { showToast } from "../../design/toast.tsx";
import { usePermission } from "../../session/permission.ts";

const exchange = createClient(ExchangeRateService, transport);
const refreshTimeoutMs = 300_000;

/** Who publishes rates, in order of fallback, and how the last tries to read them went. */
export function ProviderList() {
  const found = useQuery(
    ExchangeRateService.method.listProviders,
    { pageSize: 50, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const mayRefresh = usePermission()(ExchangeRateService.method.refreshRates);
  return (
    <Card
      flush
      title="Providers"
      hint="the first with a fresh rate wins"
      actions={mayRefresh && <RefreshButton />}
    >
      <Loaded from={found}>
        {({ providers, nextPageToken }) => (
          <PagedTable
            label="Providers"
            columns={columns}
            rows={providers}
            keyOf={({ providerId }) => providerId}
            empty={<EmptyState title="No providers" icon="exchange" />}
            noun="providers"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

/** Asks every enabled provider now, as the schedule does. */
function RefreshButton() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const refresh = async () => {
    setBusy(true);
    setError(undefined);
    await exchange
      .refreshRates({}, { timeoutMs: refreshTimeoutMs })
      .then(
        ({ refreshes }) => showToast(refreshes.map(refreshText).join(" · ") || "No provider is enabled."),
        setError,
      );
    setBusy(false);
    void queryClient.invalidateQueries();
  };
  return (
    <>
      <Button icon="refund" busy={isBusy} onClick={refresh}>
        Read all now
      </Button>
      {error !== undefined && <FailureNote error={error} />}
    </>
  );
}

function refreshText({
  providerId,
  outcome,
  acceptedCount,
  heldCount,
  errorReason,
}: ProviderRefresh): string {
  if (outcome === RefreshOutcome.FAILED) return `${providerId}: ${titleOf(errorReason).toLowerCase()}`;
  if (outcome === RefreshOutcome.UNCHANGED) return `${providerId}: nothing new`;
  return `${providerId}: ${formatNumber(acceptedCount)} new${heldCount > 0 ? `, ${formatNumber(heldCount)} held` : ""}`;
}

const columns: ReadonlyArray<Column<RateProvider>> = [
  {
    id: "priority",
    title: "Order",
    compare: (left, right) => left.priority - right.priority,
    cell: ({ priority }) => priority,
  },
  {
    id: "provider",
    title: "Provider",
    compare: (left, right) => left.providerId.localeCompare(right.providerId),
    cell: ({ providerId, displayName, attribution, bundled }) => (
      <>
        <strong>{displayName || providerId}</strong>
        <div className="labels">
          {[providerId, bundled && "shipped with the software", attribution].filter(Boolean).join(" · ")}
        </div>
      </>
    ),
  },
  { id: "state", title: "Health", cell: (provider) => <ProviderBadge of={provider} /> },
  {
    id: "published",
    title: "Published",
    align: "right",
    compare: (left, right) =>
      (msOf(left.status?.lastPublishedAt) ?? 0) - (msOf(right.status?.lastPublishedAt) ?? 0),
    cell: ({ status, maxAge }) => (
      <>
        {status?.lastPublishedAt ? (
          <TimeAgo at={status.lastPublishedAt} />
        ) : (
          <span className="soft">never</span>
        )}
        {maxAge && <div className="labels">good for {durationText(durationMs(maxAge))}</div>}
      </>
    ),
  },
  {
    id: "read",
    title: "Read",
    align: "right",
    isMinor: true,
    compare: (left, right) =>
      (msOf(left.status?.lastSuccessAt) ?? 0) - (msOf(right.status?.lastSuccessAt) ?? 0),
    cell: ({ status, refreshInterval, enabled }) => (
      <>
        {status?.lastSuccessAt ? <TimeAgo at={status.lastSuccessAt} /> : <span className="soft">never</span>}
        <div className="labels">
          {refreshInterval && `every ${durationText(durationMs(refreshInterval))}`}
          {enabled && status?.nextRefreshAt && (
            <>
              , next <TimeAgo at={status.nextRefreshAt} />
            </>
          )}
        </div>
      </>
    ),
  },
  {
    id: "currencies",
    title: "Currencies",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.currencyCodes.length - right.currencyCodes.length,
    cell: ({ currencyCodes, baseCurrency }) => (
      <>
        {formatNumber(currencyCodes.length)}
        {baseCurrency && <div className="labels">over {baseCurrency}</div>}
      </>
    ),
  },
  {
    id: "held",
    title: "Held",
    align: "right",
    isMinor: true,
    compare: (left, right) => (left.status?.heldCount ?? 0) - (right.status?.heldCount ?? 0),
    cell: ({ status }) =>
      status?.heldCount ? <Link href="/exchange?tab=held">{formatNumber(status.heldCount)}</Link> : "none",
  },
];

function ProviderBadge({ of }: { of: RateProvider }) {
  const { enabled, status, maxAge } = of;
  if (!enabled) return <Badge icon="lock">Switched off</Badge>;
  if (status?.lastErrorReason)
    return (
      <>
        <Badge tone="danger">{titleOf(status.lastErrorReason)}</Badge>
        <div className="labels">
          {status.lastErrorMessage}, {formatNumber(status.consecutiveFailures)} in a row
        </div>
      </>
    );
  const publishedMs = msOf(status?.lastPublishedAt);
  if (publishedMs === undefined) return <Badge>No rates yet</Badge>;
  const isStale = maxAge !== undefined && Date.now() - publishedMs > durationMs(maxAge);
  return isStale ? (
    <Badge tone="warning" icon="clock">
      Too old
    </Badge>
  ) : (
    <Badge tone="good">Good</Badge>
  );
}

import { durationMs } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import {
  ApplyPolicy,
  FeedFormat,
  type PriceSource,
  type PriceSourceStatus,
} from "#gen/billing/pricing/v1/price_source_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { msOf } from "../../../data/clock.ts";
import { formatNumber } from "../../../data/exact.ts";
import { titleOf } from "../../../data/failure.ts";
import { Badge } from "../../../design/badge.tsx";
import { Button } from "../../../design/button.tsx";
import { Card } from "../../../design/card.tsx";
import { PagedTable } from "../../../design/paged-table.tsx";
import { usePageToken } from "../../../design/pager.tsx";
import { EmptyState, Loaded } from "../../../design/states.tsx";
import type { Column } from "../../../design/table.tsx";
import { durationText, TimeAgo } from "../../../design/time.tsx";
import { usePermission } from "../../../session/permission.ts";
import "../pricing.css";
import { ReadDialog } from "./read-dialog.tsx";

/** The lists that prices are read from, with their age. */
export function SourceList() {
  const [read, setRead] = useState<PriceSource>();
  const mayRead = usePermission()(PricingService.method.previewImport);
  const found = useQuery(
    PricingService.method.listPriceSources,
    { pageSize: 50, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <Loaded from={found}>
        {({ sources, nextPageToken }) => (
          <PagedTable
            label="Price sources"
            columns={mayRead ? [...columns, readColumn(setRead)] : columns}
            rows={sources}
            keyOf={({ sourceId }) => sourceId}
            empty={
              <EmptyState title="No price sources" icon="pricing">
                A source is a price list kept by someone else. Create one with CreatePriceSource.
              </EmptyState>
            }
            noun="sources"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
      {read && <ReadDialog source={read} onClose={() => setRead(undefined)} />}
    </Card>
  );
}

const columns: ReadonlyArray<Column<PriceSource>> = [
  {
    id: "source",
    title: "Source",
    compare: (left, right) => left.sourceId.localeCompare(right.sourceId),
    cell: ({ sourceId, settings }) => (
      <>
        <Link href={`/pricing?tab=imports&source=${encodeURIComponent(sourceId)}`} className="table-link">
          {sourceId}
        </Link>
        <div className="labels">
          {settings && formats[settings.format]} · {placeOf(settings?.location)}
        </div>
      </>
    ),
  },
  { id: "state", title: "State", cell: (source) => <SourceBadge of={source} /> },
  {
    id: "age",
    title: "Read",
    align: "right",
    compare: (left, right) =>
      (msOf(left.status?.lastSuccessAt) ?? 0) - (msOf(right.status?.lastSuccessAt) ?? 0),
    cell: (source) => <Age of={source} />,
  },
  {
    id: "prices",
    title: "Prices",
    align: "right",
    isMinor: true,
    compare: (left, right) => (left.status?.priceCount ?? 0) - (right.status?.priceCount ?? 0),
    cell: ({ sourceId, status }) => (
      <Link href={`/pricing?source=${encodeURIComponent(sourceId)}`}>
        {formatNumber(status?.priceCount ?? 0)}
      </Link>
    ),
  },
  {
    id: "waiting",
    title: "Waiting",
    align: "right",
    isMinor: true,
    compare: (left, right) => (left.status?.pendingCount ?? 0) - (right.status?.pendingCount ?? 0),
    cell: ({ status }) => <Waiting of={status} />,
  },
  {
    id: "policy",
    title: "Applied",
    isMinor: true,
    cell: ({ settings }) =>
      settings?.applyPolicy === ApplyPolicy.WITHIN_GUARD ? "by itself, unless suspicious" : "after approval",
  },
];

/** How lists are written, by the names of those who write them. */
const formats: Readonly<Record<number, string>> = {
  [FeedFormat.LITELLM]: "LiteLLM",
  [FeedFormat.OPENROUTER]: "OpenRouter",
  [FeedFormat.JSON]: "JSON",
  [FeedFormat.CSV]: "CSV",
};

function readColumn(onRead: (source: PriceSource) => void): Column<PriceSource> {
  return {
    id: "read",
    title: "Now",
    align: "right",
    cell: (source) => (
      <Button size="s" onClick={() => onRead(source)} aria-label={`Read ${source.sourceId} now`}>
        Read
      </Button>
    ),
  };
}

function placeOf(location: NonNullable<PriceSource["settings"]>["location"] | undefined): string {
  return location?.case === "url" || location?.case === "filePath" ? location.value : "uploaded";
}

function SourceBadge({ of }: { of: PriceSource }) {
  const { settings, status } = of;
  if (settings?.disabled) return <Badge icon="lock">Disabled</Badge>;
  if (status?.lastErrorReason)
    return (
      <>
        <Badge tone="danger">{titleOf(status.lastErrorReason)}</Badge>
        <div className="labels">
          {status.lastErrorMessage}, {formatNumber(status.consecutiveFailures)} in a row
        </div>
      </>
    );
  if (status?.lastSuccessAt === undefined)
    return <Badge>{status?.lastImportId ? "Reviewed by hand" : "Never read"}</Badge>;
  return isLate(of) ? <Badge tone="warning">Late</Badge> : <Badge tone="good">Read</Badge>;
}

/** Not read for two of its intervals. */
function isLate({ settings, status }: PriceSource): boolean {
  const lastMs = msOf(status?.lastSuccessAt);
  if (settings?.syncInterval === undefined || lastMs === undefined) return false;
  return Date.now() - lastMs > 2 * durationMs(settings.syncInterval);
}

function Age({ of }: { of: PriceSource }) {
  const { status, settings } = of;
  return (
    <>
      {status?.lastSuccessAt ? <TimeAgo at={status.lastSuccessAt} /> : <span className="soft">never</span>}
      <div className="labels">
        {settings?.syncInterval ? `every ${durationText(durationMs(settings.syncInterval))}` : "when asked"}
        {status?.nextSyncAt && !settings?.disabled && (
          <>
            , next <TimeAgo at={status.nextSyncAt} />
          </>
        )}
      </div>
    </>
  );
}

function Waiting({ of }: { of: PriceSourceStatus | undefined }) {
  if (of === undefined || of.pendingCount === 0) return <span className="soft">none</span>;
  return (
    <Link href={`/pricing/imports/${encodeURIComponent(of.lastImportId)}?shown=waiting`}>
      {formatNumber(of.pendingCount)} to review
    </Link>
  );
}

import { durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import type { SourceFacts } from "../domain/source-freshness.ts";

const mostSources = 1_000;

/** What the enabled providers of rates say, by priority; at most 1,000. @throws PEER_UNAVAILABLE. */
export async function readRateSources(
  exchange: Pick<ServiceClient<typeof ExchangeRateService>, "listProviders">,
): Promise<SourceFacts[]> {
  const { providers } = await exchange.listProviders({ enabledOnly: true, pageSize: mostSources });
  return providers.map(({ providerId, status, maxAge }) => ({
    kind: "rates",
    source: providerId,
    publishedAtMs: status?.lastPublishedAt && timestampMs(status.lastPublishedAt),
    maxAgeMs: maxAge && durationMs(maxAge),
    lastError: status?.lastErrorMessage ?? "",
  }));
}

/** Missed syncs before the prices of a source count as old. */
const syncsPerAge = 3;

/**
 * What the price sources say; at most 1,000. Prices have no greatest age of their own: a source that is read by
 * itself is reported once three of its syncs have brought nothing. @throws PEER_UNAVAILABLE.
 */
export async function readPriceSources(
  pricing: Pick<ServiceClient<typeof PricingService>, "listPriceSources">,
): Promise<SourceFacts[]> {
  const { sources } = await pricing.listPriceSources({ pageSize: mostSources });
  return sources
    .filter(({ settings }) => settings?.disabled === false)
    .map(({ sourceId, settings, status }) => ({
      kind: "prices",
      source: sourceId,
      publishedAtMs: status?.lastSuccessAt && timestampMs(status.lastSuccessAt),
      maxAgeMs: settings?.syncInterval && durationMs(settings.syncInterval) * syncsPerAge,
      lastError: status?.lastErrorMessage ?? "",
    }));
}

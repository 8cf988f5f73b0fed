import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import {
  type ProviderRefreshSchema,
  RateFormat,
  type RateProviderSchema,
  RefreshOutcome,
} from "#gen/billing/exchange/v1/rate_provider_pb.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { RateProvider } from "../domain/providers/provider-directory.ts";
import type { RefreshResult } from "../domain/providers/rate-refresher.ts";
import { nextRefreshMs } from "../domain/providers/refresh-schedules.ts";
import { shownAddress } from "../providers/shown-address.ts";
import type { ProviderStatusRecord } from "../store/records.ts";
import type { ExchangeParts } from "./exchange-parts.ts";

const formatNumbers = {
  "ecb-daily": RateFormat.ECB_DAILY,
  "ecb-history": RateFormat.ECB_HISTORY,
  "frankfurter-v1": RateFormat.FRANKFURTER_V1,
  "frankfurter-v2": RateFormat.FRANKFURTER_V2,
  "open-exchange-rates": RateFormat.OPEN_EXCHANGE_RATES,
  "open-er-api": RateFormat.OPEN_ER_API,
  "static-file": RateFormat.STATIC_FILE,
} as const;
const outcomeNumbers = {
  updated: RefreshOutcome.UPDATED,
  unchanged: RefreshOutcome.UNCHANGED,
  failed: RefreshOutcome.FAILED,
} as const;

/** The providers, their settings, and refreshing them. */
export function providerHandlers(parts: ExchangeParts) {
  const { live, providerSettings, refresher, statuses, pageTokens } = parts;
  const withStatus = async (providers: readonly RateProvider[]) => {
    const found = await statuses.read(providers.map(({ providerId }) => providerId));
    return providers.map((provider, index) => providerMessage(parts, provider, found[index]!));
  };
  return {
    async refreshRates({ providerIds, ignoreEtag }, { signal }) {
      const { providers } = live.state;
      for (const providerId of providerIds) providers.require(providerId);
      const asked = providers
        .inOrder()
        .filter(({ providerId, enabled }) =>
          providerIds.length === 0 ? enabled : providerIds.includes(providerId),
        );
      const options = { ignoreValidators: ignoreEtag, signal };
      const results = asked.map(({ providerId }) => refresher.refresh(providerId, options));
      return { refreshes: (await Promise.all(results)).map(refreshMessage) };
    },
    async listProviders(request) {
      const listed = live.state.providers.inOrder().filter(({ enabled }) => enabled || !request.enabledOnly);
      const page = pageOf(pageTokens, listed, orderOf, request, ["providers", request.enabledOnly]);
      return { providers: await withStatus(page.items), nextPageToken: page.nextPageToken };
    },
    async getProvider({ providerId }) {
      const [provider] = await withStatus([live.state.providers.require(providerId)]);
      return { provider: provider! };
    },
    async updateProvider(request, { caller }) {
      const { providerId, configVersion, enabled, priority, url, comment } = request;
      const { refreshInterval, maxAge, fetchTimeout } = request;
      const asked = {
        providerId,
        configVersion: Number(configVersion),
        enabled,
        priority,
        url,
        refreshIntervalMs: refreshInterval && durationMs(refreshInterval),
        maxAgeMs: maxAge && durationMs(maxAge),
        fetchTimeoutMs: fetchTimeout && durationMs(fetchTimeout),
        comment,
      };
      const updated = await providerSettings.update(asked, caller.subject);
      const [provider] = await withStatus([updated]);
      return { provider: provider! };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}

const priorityDigits = 4;

/** In order of fallback; equal priorities by id, so that a page can go on after any of them. */
function orderOf({ priority, providerId }: RateProvider): string {
  return `${String(priority).padStart(priorityDigits, "0")} ${providerId}`;
}

function providerMessage(
  { live, hasCredentials, refreshesOnSchedule }: ExchangeParts,
  provider: RateProvider,
  status: ProviderStatusRecord,
): MessageInitShape<typeof RateProviderSchema> {
  const { providerId } = provider;
  const { publications } = live.state;
  const last = publications.last(providerId);
  const nextMs = refreshesOnSchedule ? nextRefreshMs(provider, status) : undefined;
  return {
    providerId,
    displayName: provider.displayName,
    format: formatNumbers[provider.format],
    enabled: provider.enabled,
    priority: provider.priority,
    url: provider.url === "" ? "" : shownAddress(provider.url),
    filePath: provider.filePath,
    hasCredentials: hasCredentials(provider),
    baseCurrency: last?.baseCurrency ?? "",
    currencyCodes: [...(last?.currencies ?? [])],
    refreshInterval: durationFromMs(provider.refreshIntervalMs),
    maxAge: durationFromMs(provider.maxAgeMs),
    fetchTimeout: durationFromMs(provider.fetchTimeoutMs),
    status: {
      ...optional("lastAttemptAt", status.lastAttemptAtMs, timestampFromMs),
      ...optional("lastSuccessAt", status.lastSuccessAtMs, timestampFromMs),
      ...optional("lastPublishedAt", last?.publishedAtMs, timestampFromMs),
      ...optional("nextRefreshAt", nextMs, timestampFromMs),
      consecutiveFailures: status.consecutiveFailures,
      lastErrorReason: status.lastErrorReason,
      lastErrorMessage: status.lastErrorMessage,
      heldCount: publications.waitingCount(providerId),
    },
    bundled: last?.bundled ?? false,
    attribution: provider.attribution,
    configVersion: BigInt(provider.configVersion),
  };
}

function refreshMessage(result: RefreshResult): MessageInitShape<typeof ProviderRefreshSchema> {
  return {
    providerId: result.providerId,
    outcome: outcomeNumbers[result.outcome],
    acceptedCount: result.acceptedCount,
    heldCount: result.heldCount,
    refusedCount: result.refusedCount,
    ...optional("publishedAt", result.publishedAtMs, timestampFromMs),
    errorReason: result.error?.reason ?? "",
    errorMessage: result.error?.message ?? "",
  };
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { PriceSourceSchema } from "#gen/billing/pricing/v1/price_source_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Stored } from "../domain/catalogue/catalogue-state.ts";
import { headIds } from "../domain/catalogue/head-ids.ts";
import { changeStateOf, viewImport } from "../domain/feeds/import-view.ts";
import type { SourceRecord } from "../domain/feeds/records.ts";
import { sourceNotFound } from "../domain/feeds/source-editor.ts";
import { nextSyncAtMs, type SourceStatus } from "../domain/feeds/source-reader.ts";
import { PricingError } from "../domain/pricing-error.ts";
import type { FeedParts } from "./feed-parts.ts";
import { writeImport } from "./import-messages.ts";
import { defaultPageSize } from "./prices.ts";
import { readSettings, writeSettings } from "./source-settings.ts";

type SourceHandlers = Required<
  Pick<
    ServiceHandlers<typeof PricingService>,
    | "createPriceSource"
    | "getPriceSource"
    | "listPriceSources"
    | "updatePriceSource"
    | "deletePriceSource"
    | "syncPriceSource"
  >
>;

/** Handlers of price sources. */
export function sourceHandlers(parts: FeedParts, pageTokens: PageTokens): SourceHandlers {
  const { catalogue, imports, sources, reader } = parts;
  const shown = async (sourceId: string) => {
    const source = catalogue.state.source(sourceId);
    if (source === undefined) throw sourceNotFound(sourceId);
    return { source: await writeSource(parts, source) };
  };
  // A repeat may be answered by an instance that has not heard of the change yet.
  const changed = async (sourceId: string) => {
    await catalogue.refresh([headIds.source(sourceId)]);
    return shown(sourceId);
  };
  return {
    async createPriceSource({ sourceId, settings }) {
      await sources.create(sourceId, readSettings(settings));
      return changed(sourceId);
    },
    getPriceSource: ({ sourceId }) => shown(sourceId),
    async listPriceSources({ pageSize, pageToken }) {
      const filterTexts = ["ListPriceSources"];
      const after = pageTokens.decode(filterTexts, pageToken) as string | undefined;
      const found = catalogue.state.sources.filter(
        ({ record }) => after === undefined || record.sourceId > after,
      );
      const page = found.slice(0, pageSize === 0 ? defaultPageSize : pageSize);
      const last = page.at(-1)?.record.sourceId ?? "";
      return {
        sources: await Promise.all(page.map((source) => writeSource(parts, source))),
        nextPageToken: page.length === found.length ? "" : pageTokens.encode(filterTexts, last),
      };
    },
    async updatePriceSource({ sourceId, configVersion, settings }) {
      await sources.update(sourceId, Number(configVersion), readSettings(settings));
      return changed(sourceId);
    },
    async deletePriceSource({ sourceId, configVersion }) {
      await sources.delete(sourceId, Number(configVersion));
      return {};
    },
    async syncPriceSource({ sourceId, content, ignoreEtag }, { caller, signal }) {
      const { value: source } = await sources.require(sourceId);
      const { disabled, location } = source.settings;
      if (disabled) {
        throw new PricingError("PRICE_SOURCE_DISABLED", `the price source ${sourceId} is disabled`, {
          metadata: { source_id: sourceId },
        });
      }
      if ((location.kind === "upload") !== content.length > 0) {
        const description =
          location.kind === "upload"
            ? "is needed by a source that is uploaded"
            : "is only for a source that is uploaded";
        throw contentInvalid(description);
      }
      const importId = await reader.sync(source, {
        uploaded: content,
        ignoreVersion: ignoreEtag,
        trigger: "sync",
        subject: caller.subject,
        signal,
      });
      return { import: writeImport(await viewImport(catalogue, imports, importId)) };
    },
  };
}

/** The refusal of a list that comes with a call, or does not. */
export function contentInvalid(description: string): PricingError {
  return new PricingError("PRICE_SOURCE_INVALID", `content: ${description}`, {
    fields: [{ field: "content", description }],
  });
}

async function writeSource(
  { catalogue, statuses, imports }: FeedParts,
  { record, version, writtenAtMs }: Stored<SourceRecord>,
): Promise<MessageInitShape<typeof PriceSourceSchema>> {
  const { sourceId, settings, createdAtMs } = record;
  const status = await statuses.read(sourceId);
  const dueMs = nextSyncAtMs(record, status);
  const own = catalogue.state.prices.filter(
    ({ record: price }) => price.sourceId === sourceId && price.archivedAtMs === undefined,
  );
  return {
    sourceId,
    settings: writeSettings(settings),
    status: {
      ...writeStatus(status),
      ...(dueMs === undefined ? {} : { nextSyncAt: timestampFromMs(Math.max(dueMs, catalogue.now())) }),
      priceCount: own.length,
      pendingCount: await pendingCountOf({ catalogue, imports }, sourceId),
    },
    configVersion: BigInt(version),
    createdAt: timestampFromMs(createdAtMs),
    updatedAt: timestampFromMs(writtenAtMs),
  };
}

function writeStatus(
  status: SourceStatus | undefined,
): NonNullable<MessageInitShape<typeof PriceSourceSchema>["status"]> {
  if (status === undefined) return {};
  const { lastAttemptAtMs, lastSuccessAtMs, consecutiveFailures, lastErrorReason, lastErrorMessage } = status;
  return {
    lastAttemptAt: timestampFromMs(lastAttemptAtMs),
    ...(lastSuccessAtMs === undefined ? {} : { lastSuccessAt: timestampFromMs(lastSuccessAtMs) }),
    consecutiveFailures,
    lastErrorReason,
    lastErrorMessage,
    lastImportId: status.lastImportId,
    etag: status.version.etag ?? "",
  };
}

/** Changes that wait in the latest reading of a source. */
async function pendingCountOf(
  { catalogue, imports }: Pick<FeedParts, "catalogue" | "imports">,
  sourceId: string,
): Promise<number> {
  const mark = await catalogue.store.heads.get(headIds.mark(`latest:${sourceId}`));
  const importId = mark?.value.kind === "mark" ? mark.value.value : "";
  if (importId === "" || (await imports.read(importId)) === undefined) return 0;
  const view = await viewImport(catalogue, imports, importId);
  return view.summaries.filter((_, position) => changeStateOf(view, position) === "pending").length;
}

import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { ListPricesRequest } from "#gen/billing/pricing/v1/price_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { UnaryHandler } from "#platform/rpc/handlers.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import { matchesFilter } from "../domain/catalogue/price-search.ts";
import {
  isOverridden,
  type PriceView,
  viewPrice,
  viewPriceByVersion,
  viewVersions,
} from "../domain/catalogue/price-view.ts";
import { writePrice, writeVersion } from "./price-messages.ts";

type Methods = (typeof PricingService)["method"];

/** Entries of a page when the caller does not say. */
export const defaultPageSize = 50;

/** Reads a price with the version in force, or with a given one. */
export function getPriceHandler(catalogue: LiveCatalogue): UnaryHandler<Methods["getPrice"]> {
  return async ({ priceId, selector, at }) => {
    if (selector.case === "priceVersion") {
      if (at !== undefined) throw invalidField("at", "must not be set together with price_version");
      return { price: writePrice(await viewPriceByVersion(catalogue, priceId, selector.value)) };
    }
    const priceBook = selector.value ?? "";
    catalogue.state.requireBook(priceBook);
    const atMs = at === undefined ? catalogue.now() : timestampMs(at);
    return { price: writePrice(await viewPrice(catalogue, priceId, priceBook, atMs)) };
  };
}

/** Lists prices in order of id. */
export function listPricesHandler(
  catalogue: LiveCatalogue,
  pageTokens: PageTokens,
): UnaryHandler<Methods["listPrices"]> {
  return async (request, call) => {
    const { priceBook, overriddenOnly, currencyCode } = request;
    const { state } = catalogue;
    state.requireBook(priceBook);
    const atMs = request.at === undefined ? catalogue.now() : timestampMs(request.at);
    const filterTexts = describeFilter(request);
    const after = pageTokens.decode(filterTexts, request.pageToken) as string | undefined;
    const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
    const page: PriceView[] = [];
    for (const { record } of state.prices) {
      const { priceId } = record;
      if (after !== undefined && priceId <= after) continue;
      if (!matchesFilter(record, request)) continue;
      if (overriddenOnly && !isOverridden(state.override(priceBook, priceId)?.record)) continue;
      call.signal.throwIfAborted();
      const view = await viewPrice(catalogue, priceId, priceBook, atMs);
      if (currencyCode !== "" && view.version.terms.terms.currencyCode !== currencyCode) continue;
      if (page.length === pageSize) {
        const last = page[pageSize - 1]?.price.record.priceId ?? "";
        return { prices: page.map(writePrice), nextPageToken: pageTokens.encode(filterTexts, last) };
      }
      page.push(view);
    }
    return { prices: page.map(writePrice), nextPageToken: "" };
  };
}

/** Lists the versions of a price, the latest beginning first. */
export function listPriceVersionsHandler(
  catalogue: LiveCatalogue,
  pageTokens: PageTokens,
): UnaryHandler<Methods["listPriceVersions"]> {
  return async ({ priceId, priceBook, pageSize, pageToken }) => {
    const filterTexts = ["ListPriceVersions", priceId, priceBook];
    if (priceBook !== "") catalogue.state.requireBook(priceBook);
    const after = pageTokens.decode(filterTexts, pageToken) as
      | readonly [fromMs: number, id: string]
      | undefined;
    const versions = await viewVersions(catalogue, priceId, priceBook);
    const begin = after === undefined ? 0 : 1 + versions.findIndex(({ versionId }) => versionId === after[1]);
    // A version that the page before ended with may be gone with its book: then by its time.
    const from =
      after !== undefined && begin === 0
        ? versions.findIndex(({ effectiveFromMs }) => effectiveFromMs < after[0])
        : begin;
    const end = from < 0 ? versions.length : from + (pageSize === 0 ? defaultPageSize : pageSize);
    const page = from < 0 ? [] : versions.slice(from, end);
    const last = page.at(-1);
    const token =
      last === undefined || end >= versions.length
        ? ""
        : pageTokens.encode(filterTexts, [last.effectiveFromMs, last.versionId]);
    return { versions: page.map(writeVersion), nextPageToken: token };
  };
}

/** All that decides what the pages hold together, besides their size. */
function describeFilter(request: ListPricesRequest): string[] {
  return [
    "ListPrices",
    request.priceBook,
    String(request.overriddenOnly),
    request.provider,
    request.mode,
    request.sourceId,
    request.currencyCode,
    request.query,
    JSON.stringify(Object.entries(request.labels).sort()),
    String(request.includeArchived),
    timeText(request.at),
  ];
}

function timeText(at: Timestamp | undefined): string {
  return at === undefined ? "" : String(timestampMs(at));
}

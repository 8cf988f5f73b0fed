import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { ListPricesRequest } from "#gen/billing/pricing/v1/price_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { UnaryHandler } from "#platform/rpc/handlers.ts";
import type { Catalogue, SelectedPrice } from "../domain/catalogue.ts";
import { type Price, versionInForce } from "../domain/price.ts";
import { matchesFilter } from "../domain/price-search.ts";
import { writePrice } from "./price-messages.ts";

type Methods = (typeof PricingService)["method"];

const defaultPageSize = 50;

/** Reads a price with the version in force, or with a given one. */
export function getPriceHandler(catalogue: Catalogue): UnaryHandler<Methods["getPrice"]> {
  return ({ priceId, selector, at }) => {
    if (selector.case === "priceVersion") {
      if (at !== undefined) throw invalidField("at", "must not be set together with price_version");
      return { price: writePrice(catalogue.select(priceId, { kind: "version", versionId: selector.value })) };
    }
    const priceBook = selector.value ?? "";
    catalogue.requireBook(priceBook);
    const atMs = at === undefined ? Date.now() : timestampMs(at);
    return { price: writePrice(shownAt(catalogue.find(priceId, priceBook), atMs)) };
  };
}

/** Lists prices in order of id. */
export function listPricesHandler(
  catalogue: Catalogue,
  pageTokens: PageTokens,
): UnaryHandler<Methods["listPrices"]> {
  return (request) => {
    catalogue.requireBook(request.priceBook);
    const atMs = request.at === undefined ? Date.now() : timestampMs(request.at);
    const filterTexts = describeFilter(request);
    const after = pageTokens.decode(filterTexts, request.pageToken) as string | undefined;
    const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
    const page: SelectedPrice[] = [];
    for (const price of canMatch(request) ? catalogue.prices : []) {
      if (after !== undefined && price.priceId <= after) continue;
      const shown = shownAt(price, atMs);
      if (!matchesFilter(shown, request)) continue;
      if (page.length === pageSize) {
        const last = page[pageSize - 1]?.price.priceId ?? "";
        return { prices: page.map(writePrice), nextPageToken: pageTokens.encode(filterTexts, last) };
      }
      page.push(shown);
    }
    return { prices: page.map(writePrice), nextPageToken: "" };
  };
}

/** The version in force, or the first one to come. */
function shownAt(price: Price, atMs: number): SelectedPrice {
  const [first] = price.versions;
  const version = versionInForce(price, atMs) ?? first;
  if (version === undefined) throw new Error(`the price ${price.priceId} has no version`);
  return { price, version };
}

/** Bundled prices have no source, no labels and no overrides. */
function canMatch({ sourceId, labels, overriddenOnly }: ListPricesRequest): boolean {
  return sourceId === "" && Object.keys(labels).length === 0 && !overriddenOnly;
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

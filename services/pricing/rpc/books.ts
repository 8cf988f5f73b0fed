import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { PriceBookSchema } from "#gen/billing/pricing/v1/price_book_pb.ts";
import type { SetBookOverrideRequest } from "#gen/billing/pricing/v1/price_book_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { BookEditor, type BookUsers } from "../domain/catalogue/book-editor.ts";
import type { Stored } from "../domain/catalogue/catalogue-state.ts";
import { headIds } from "../domain/catalogue/head-ids.ts";
import { sortLabels } from "../domain/catalogue/labels.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import { OverrideEditor, type SetOverrideCommand } from "../domain/catalogue/override-editor.ts";
import { matchesWords } from "../domain/catalogue/price-search.ts";
import { isOverridden, viewOverrideNow } from "../domain/catalogue/price-view.ts";
import { type BookRecord, defaultPriceBook } from "../domain/catalogue/records.ts";
import { inForceAt } from "../domain/catalogue/timeline.ts";
import { writeOverride } from "./price-messages.ts";
import { defaultPageSize } from "./prices.ts";
import { canonical, optionalAdjustments, readTerms } from "./read-terms.ts";

type BookHandlers = Required<
  Pick<
    ServiceHandlers<typeof PricingService>,
    | "createPriceBook"
    | "getPriceBook"
    | "listPriceBooks"
    | "updatePriceBook"
    | "deletePriceBook"
    | "setBookOverride"
    | "removeBookOverride"
  >
>;

/** Handlers of price books and their overrides. */
export function bookHandlers(
  catalogue: LiveCatalogue,
  users: BookUsers,
  pageTokens: PageTokens,
): BookHandlers {
  const books = new BookEditor(catalogue, users);
  const overrides = new OverrideEditor(catalogue);
  const shown = (priceBook: string) => ({
    book: writeBook(catalogue, catalogue.state.requireBook(priceBook)),
  });
  // A repeat may be answered by an instance that has not heard of the change yet.
  const changed = async (priceBook: string) => {
    await catalogue.refresh([headIds.book(priceBook)]);
    return shown(priceBook);
  };
  return {
    async createPriceBook(request) {
      const { priceBook, displayName, description, parentBook, labels } = request;
      await books.create({
        priceBook,
        displayName,
        description,
        parentBook: parentBook === "" ? defaultPriceBook : parentBook,
        markupMultiplier: canonical(request.markupMultiplier, "1"),
        discountPercent: canonical(request.discountPercent),
        labels: sortLabels(labels),
      });
      return changed(priceBook);
    },
    getPriceBook: ({ priceBook }) => shown(priceBook),
    listPriceBooks({ query, pageSize, pageToken }) {
      const filterTexts = ["ListPriceBooks", query];
      const after = pageTokens.decode(filterTexts, pageToken) as string | undefined;
      const found = catalogue.state.books.filter(
        ({ record: { priceBook, displayName, description } }) =>
          (after === undefined || priceBook > after) &&
          matchesWords(query, [priceBook, displayName, description]),
      );
      const page = found.slice(0, pageSize === 0 ? defaultPageSize : pageSize);
      const last = page.at(-1)?.record.priceBook ?? "";
      return {
        books: page.map((book) => writeBook(catalogue, book)),
        nextPageToken: page.length === found.length ? "" : pageTokens.encode(filterTexts, last),
      };
    },
    async updatePriceBook(request) {
      const { priceBook, configVersion, displayName, description, parentBook, effectiveFrom } = request;
      const { markupMultiplier, discountPercent, setLabels, removeLabels, comment } = request;
      await books.update({
        priceBook,
        configVersion: Number(configVersion),
        displayName,
        description,
        ...(parentBook === undefined ? {} : { parentBook }),
        ...(markupMultiplier === undefined ? {} : { markupMultiplier: canonical(markupMultiplier, "1") }),
        ...(discountPercent === undefined ? {} : { discountPercent: canonical(discountPercent) }),
        setLabels: sortLabels(setLabels),
        removeLabels,
        effectiveFromMs: effectiveFrom && timestampMs(effectiveFrom),
        comment,
      });
      return changed(priceBook);
    },
    async deletePriceBook({ priceBook, configVersion }) {
      await books.delete(priceBook, Number(configVersion));
      return {};
    },
    async setBookOverride(request, { caller }) {
      const { priceBook, priceId } = request;
      await overrides.set(readOverride(request), caller.subject);
      await catalogue.refresh([headIds.price(priceId), headIds.override(priceBook, priceId)]);
      const view = viewOverrideNow(catalogue.state, priceBook, priceId);
      return view === undefined ? {} : { override: writeOverride(view) };
    },
    async removeBookOverride({ priceBook, priceId, configVersion, comment }, { caller }) {
      const command = { priceBook, priceId, configVersion: Number(configVersion), comment };
      await overrides.remove(command, caller.subject);
      return {};
    },
  };
}

function readOverride(request: SetBookOverrideRequest): SetOverrideCommand {
  const { priceBook, priceId, override, effectiveFrom, configVersion, comment } = request;
  const change =
    override.case === "adjustment"
      ? {
          kind: "change" as const,
          change: {
            ...optionalAdjustments(override.value.adjustments),
            freeUnits: override.value.freeUnits.map(({ componentId, units }) => ({
              componentId,
              units: canonical(units),
            })),
          },
        }
      : { kind: "terms" as const, terms: readTerms(override.value, "terms") };
  return {
    priceBook,
    priceId,
    override: change,
    effectiveFromMs: effectiveFrom && timestampMs(effectiveFrom),
    configVersion: configVersion === undefined ? undefined : Number(configVersion),
    comment,
  };
}

/** A book with the settings in force. */
function writeBook(
  catalogue: LiveCatalogue,
  { record, version, writtenAtMs }: Stored<BookRecord>,
): MessageInitShape<typeof PriceBookSchema> {
  const { priceBook, displayName, description, settings, labels, createdAtMs } = record;
  const setting = inForceAt(settings, catalogue.now()) ?? settings[0];
  const overridden = catalogue.state
    .overridesOf(priceBook)
    .filter((override) => isOverridden(override.record));
  return {
    priceBook,
    displayName,
    description,
    parentBook: setting?.parentBook ?? "",
    markupMultiplier: setting?.markupMultiplier ?? "",
    discountPercent: setting?.discountPercent ?? "",
    labels: { ...labels },
    overrideCount: overridden.length,
    configVersion: BigInt(version),
    createdAt: timestampFromMs(createdAtMs),
    updatedAt: timestampFromMs(writtenAtMs),
  };
}

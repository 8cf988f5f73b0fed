import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { UnaryHandler } from "#platform/rpc/handlers.ts";
import { headIds } from "../domain/catalogue/head-ids.ts";
import { sortLabels } from "../domain/catalogue/labels.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import { PriceEditor } from "../domain/catalogue/price-editor.ts";
import { viewPrice, viewVersions } from "../domain/catalogue/price-view.ts";
import { defaultPriceBook } from "../domain/catalogue/records.ts";
import { writePrice, writeVersion } from "./price-messages.ts";
import { readTerms } from "./read-terms.ts";

type Methods = (typeof PricingService)["method"];

/** Handlers that change prices of the book "default". */
export function priceChangeHandlers(catalogue: LiveCatalogue): {
  createPrice: UnaryHandler<Methods["createPrice"]>;
  updatePrice: UnaryHandler<Methods["updatePrice"]>;
  archivePrice: UnaryHandler<Methods["archivePrice"]>;
} {
  const editor = new PriceEditor(catalogue);
  // A repeat may be answered by an instance that has not heard of the change yet.
  const shown = async (priceId: string) => {
    await catalogue.refresh([headIds.price(priceId)]);
    return writePrice(await viewPrice(catalogue, priceId, defaultPriceBook, catalogue.now()));
  };
  return {
    async createPrice(request, { caller }) {
      const { priceId, displayName, description, provider, mode, labels, effectiveFrom, comment } = request;
      await editor.create(
        {
          priceId,
          displayName,
          description,
          provider,
          mode,
          labels: sortLabels(labels),
          terms: readTerms(request.terms, "terms"),
          effectiveFromMs: effectiveFrom && timestampMs(effectiveFrom),
          comment,
        },
        caller.subject,
      );
      return { price: await shown(priceId) };
    },
    async updatePrice(request, { caller }) {
      const { priceId, configVersion, terms, effectiveFrom, setLabels } = request;
      const { displayName, description, provider, mode, removeLabels, pinned, restore, comment } = request;
      const madeId = await editor.update(
        {
          priceId,
          configVersion: Number(configVersion),
          ...(displayName === undefined ? {} : { displayName }),
          ...(description === undefined ? {} : { description }),
          ...(provider === undefined ? {} : { provider }),
          ...(mode === undefined ? {} : { mode }),
          setLabels: sortLabels(setLabels),
          removeLabels,
          terms: terms && readTerms(terms, "terms"),
          effectiveFromMs: effectiveFrom && timestampMs(effectiveFrom),
          pinned,
          restore,
          comment,
        },
        caller.subject,
      );
      const versions = madeId === undefined ? [] : await viewVersions(catalogue, priceId, defaultPriceBook);
      const made = versions.find(({ versionId }) => versionId === madeId);
      return {
        price: await shown(priceId),
        ...(made === undefined ? {} : { newVersion: writeVersion(made) }),
      };
    },
    async archivePrice({ priceId, configVersion, comment }) {
      await editor.archive(priceId, Number(configVersion), comment);
      return { price: await shown(priceId) };
    },
  };
}

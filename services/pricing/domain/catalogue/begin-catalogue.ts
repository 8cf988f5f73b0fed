import { CommonError } from "#platform/errors/common-error.ts";
import type { CatalogueStore } from "../../store/catalogue-store.ts";
import type { BundledPrice } from "./bundled-catalogue.ts";
import { headIds } from "./head-ids.ts";
import type { HeadRecord } from "./heads.ts";
import { type BookRecord, defaultPriceBook, type VersionRecord } from "./records.ts";

const defaultBook: BookRecord = {
  kind: "book",
  priceBook: defaultPriceBook,
  displayName: "Default",
  description: "Every price.",
  labels: {},
  settings: [],
  createdAtMs: 0,
  creation: "",
  lastChange: "",
};

/**
 * Makes the first content of an empty catalogue: the book "default" and the bundled prices, in one step. From then
 * on they are prices like others, so that what was charged by them stays when a later release bundles others.
 * Instances that begin at the same time write the same; one that comes later finds it done.
 *
 * @returns whether this catalogue was empty
 */
export async function beginCatalogue(
  store: CatalogueStore<VersionRecord, HeadRecord>,
  name: string,
  prices: readonly BundledPrice[],
): Promise<boolean> {
  const mark = headIds.mark("begun");
  if ((await store.heads.get(mark)) !== undefined) return false;
  await store.stageVersions(prices.map(({ version }) => [version.versionId, version]));
  const heads: Array<readonly [string, HeadRecord]> = [
    [mark, { kind: "mark", value: name }],
    [headIds.book(defaultPriceBook), defaultBook],
    ...prices.map(({ price }) => [headIds.price(price.priceId), price] as const),
  ];
  try {
    await store.writeHeads(heads.map(([id, value]) => ({ id, expectedVersion: 0, value })));
    return true;
  } catch (error) {
    const begun = error instanceof CommonError && error.reason === "VERSION_MISMATCH";
    if (begun && (await store.heads.get(mark)) !== undefined) return false;
    throw error;
  }
}

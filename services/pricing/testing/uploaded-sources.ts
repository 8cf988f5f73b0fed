/** Price sources that get their lists by upload, at the Pricing that suites share. */
import assert from "node:assert/strict";
import { FeedFormat } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { litellmList } from "./litellm-list.ts";
import { client } from "./shared-pricing.ts";

let sources = 0;
/** A source of its own for a test; its prices are all behind its own prefix. */
export async function newSource(settings: object = {}) {
  const sourceId = `source-${++sources}`;
  const prefix = `${sourceId}/`;
  await client.createPriceSource({
    sourceId,
    settings: {
      format: FeedFormat.LITELLM,
      location: { case: "upload", value: {} },
      priceIdPrefix: prefix,
      ...settings,
    },
  });
  const id = (model: string) => `${prefix}acme/${model}`;
  const preview = async (list: Parameters<typeof litellmList>[0]) => {
    const { import: made, changes } = await client.previewImport({
      sourceId,
      content: litellmList(list),
      pageSize: 1_000,
    });
    assert.ok(made);
    return { importId: made.importId, made, changes };
  };
  const sync = async (list: Parameters<typeof litellmList>[0]) => {
    const { import: made } = await client.syncPriceSource({ sourceId, content: litellmList(list) });
    assert.ok(made);
    return made;
  };
  const applyAll = (importId: string, approveHeld = false) =>
    client.applyImport({ importId, selection: { case: "all", value: {} }, approveHeld });
  /** The price of a million input tokens. */
  const cost = async (model: string) => {
    const { priced } = await client.calculatePrice({
      usage: { priceId: id(model), quantities: { input_tokens: "1000000" } },
    });
    return priced?.exactTotal;
  };
  return { sourceId, id, preview, sync, applyAll, cost };
}

/** The name of a value of an enum. */
export const nameOf = (values: Readonly<Record<string, number>>, value: number) =>
  Object.entries(values).find(([, each]) => each === value)?.[0];

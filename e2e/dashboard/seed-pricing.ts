import assert from "node:assert/strict";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { FeedFormat } from "#gen/billing/pricing/v1/price_source_pb.ts";
import type { PaymentStack } from "../testing/payment-stack.ts";

/** What screens of prices need in their addresses. */
export interface SeededPricing {
  /** A price with two versions and several meters. */
  readonly priceId: string;
  /** An import in which changes of every kind wait, suspicious ones too. */
  readonly importId: string;
}

const sourceId = "reseller-list";

/** A source of prices with an applied reading and one that awaits approval, and a price book. */
export async function seedPricing({ clients }: Pick<PaymentStack, "clients">): Promise<SeededPricing> {
  const { pricing } = clients;
  await createListSource(pricing, sourceId, "Reseller's list");
  await pricing.createPriceSource({
    sourceId: "partner-feed",
    settings: {
      displayName: "Partner's feed",
      format: FeedFormat.LITELLM,
      location: { case: "url", value: "https://partner.example/prices.json" },
      syncInterval: durationFromMs(21_600_000),
      disabled: true,
    },
  });
  const first = await readList(pricing, sourceId, {
    "aria-large": {
      input_cost_per_token: 2.5e-6,
      output_cost_per_token: 1e-5,
      cache_read_input_token_cost: 1.25e-6,
    },
    "aria-mini": { input_cost_per_token: 1.5e-7, output_cost_per_token: 6e-7 },
    "brio-embed": { input_cost_per_token: 2e-8 },
    "canto-old": { input_cost_per_token: 3e-5, output_cost_per_token: 6e-5 },
  });
  await pricing.applyImport({
    importId: first,
    selection: { case: "all", value: {} },
    approveHeld: true,
    comment: "First reading",
  });
  const importId = await readList(pricing, sourceId, {
    "aria-large": {
      input_cost_per_token: 3e-6,
      output_cost_per_token: 1.2e-5,
      cache_read_input_token_cost: 1.5e-6,
    },
    "aria-mini": { input_cost_per_token: 1.5e-6, output_cost_per_token: 6e-6 },
    "brio-embed": { input_cost_per_token: 2e-8 },
    "aria-nano": { input_cost_per_token: 5e-8, output_cost_per_token: 4e-7 },
    "drift-free": { input_cost_per_token: 0, output_cost_per_token: 0 },
    "echo-odd": { input_cost_per_parsec: 1 },
  });
  await pricing.createPriceBook({
    priceBook: "gold",
    displayName: "Gold customers",
    discountPercent: "10",
  });
  return { priceId: await seedVersions(pricing), importId };
}

type Pricing = PaymentStack["clients"]["pricing"];

/** Makes a source whose lists are uploaded. */
export async function createListSource(
  pricing: Pricing,
  sourceId: string,
  displayName: string,
): Promise<void> {
  await pricing.createPriceSource({
    sourceId,
    settings: { displayName, format: FeedFormat.LITELLM, location: { case: "upload", value: {} } },
  });
}

/** Uploads a list; gives the id of the import that awaits approval. */
export async function readList(
  pricing: Pricing,
  sourceId: string,
  models: Readonly<Record<string, object>>,
): Promise<string> {
  const records = Object.entries(models).map(([name, cost]) => [
    name,
    { litellm_provider: "reseller", mode: "chat", ...cost },
  ]);
  const { import: made } = await pricing.previewImport({
    sourceId,
    content: Buffer.from(JSON.stringify(Object.fromEntries(records))),
  });
  assert.ok(made);
  return made.importId;
}

/** A price whose terms an operator has changed once. */
async function seedVersions(pricing: Pricing): Promise<string> {
  const priceId = "acme/transcription";
  const terms = (minute: string, upTo: string) => ({
    currencyCode: "EUR",
    components: [
      {
        componentId: "audio",
        meter: "audio_minutes",
        variants: [
          {
            model: {
              case: "graduated" as const,
              value: { tiers: [{ upTo, unitAmount: minute }, { unitAmount: "0.004" }] },
            },
          },
        ],
      },
      {
        componentId: "speakers",
        meter: "speakers",
        freeUnits: "2",
        variants: [{ model: { case: "perUnit" as const, value: { unitAmount: "0.05" } } }],
      },
    ],
    adjustments: { minimumAmount: "0.01" },
  });
  const { price } = await pricing.createPrice({
    priceId,
    displayName: "Transcription",
    provider: "acme",
    mode: "audio_transcription",
    terms: terms("0.008", "1000"),
    comment: "Launch",
  });
  await pricing.updatePrice({
    priceId,
    configVersion: price?.configVersion ?? 1n,
    terms: terms("0.006", "5000"),
    comment: "Cheaper for everybody",
  });
  return priceId;
}

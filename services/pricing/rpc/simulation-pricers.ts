import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SimulatePriceRequest } from "#gen/billing/pricing/v1/calculation_rpc_pb.ts";
import type { PricedUsageSchema } from "#gen/billing/type/v1/priced_usage_pb.ts";
import type { Usage as UsageMessage } from "#gen/billing/type/v1/usage_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import { defaultPriceBook, type TermsVersion } from "../domain/catalogue/records.ts";
import {
  type PriceSelector,
  priceArchived,
  recordIdsOf,
  type SelectedVersion,
  versionNotFound,
} from "../domain/catalogue/select-price.ts";
import { checkTerms } from "../domain/engine/check-terms.ts";
import type { Usage } from "../domain/engine/usage.ts";
import { viewImport } from "../domain/feeds/import-view.ts";
import type { ImportChange } from "../domain/feeds/records.ts";
import type { PriceTerms } from "../domain/price-terms.ts";
import { writePriced } from "./calculation.ts";
import type { FeedParts } from "./feed-parts.ts";
import { readTerms } from "./read-terms.ts";

type PricedInit = MessageInitShape<typeof PricedUsageSchema>;

/** A usage to price both ways. */
export interface SimulatedUsage {
  readonly message: UsageMessage;
  readonly usage: Usage;
  /** Empty for usage given in the request, as the version that was charged. */
  readonly transactionId: string;
  readonly chargedVersion: string;
}

/** A price as it is and as it would be. */
export interface Pricers {
  /** Whether usage of this price takes part. */
  concerns(priceId: string): boolean;
  /** Reads what pricing these usages needs. */
  prepare(usages: readonly SimulatedUsage[]): Promise<void>;
  /** @throws PricingError what a line lacks */
  baseline(usage: SimulatedUsage): PricedInit;
  candidate(usage: SimulatedUsage): PricedInit;
}

/** How a usage finds its version. */
type Select = (usage: SimulatedUsage) => SelectedVersion;

/** One side of a simulation. */
interface Side {
  /** Undefined means usage of every price. */
  readonly priceId?: string;
  readonly selectorOf?: (usage: SimulatedUsage) => PriceSelector;
  readonly select: Select;
  readonly prepare?: (usages: readonly SimulatedUsage[]) => Promise<void>;
}

/**
 * What a request compares.
 *
 * @throws PricingError PRICE_VERSION_NOT_FOUND, PRICE_BOOK_NOT_FOUND, PRICE_INVALID, IMPORT_NOT_FOUND
 */
export async function pricersOf(feeds: FeedParts, request: SimulatePriceRequest): Promise<Pricers> {
  const { catalogue } = feeds;
  const baseline = await baselineOf(catalogue, request.baseline);
  const candidate = await candidateOf(feeds, request.candidate, baseline);
  const sides = [baseline, candidate];
  return {
    concerns: (priceId) => sides.every((side) => side.priceId === undefined || side.priceId === priceId),
    async prepare(usages) {
      for (const { prepare } of sides) await prepare?.(usages);
      const ids = sides.flatMap(({ selectorOf }) =>
        selectorOf === undefined ? [] : usages.flatMap((each) => idsOf(catalogue, each, selectorOf(each))),
      );
      await catalogue.loadVersions(ids);
    },
    baseline: (each) => writePriced(baseline.select(each), each.usage),
    candidate: (each) => writePriced(candidate.select(each), each.usage),
  };
}

/** Records that pricing may need: of a version what it names, of a book every version of the price. */
function idsOf({ state }: LiveCatalogue, { usage }: SimulatedUsage, selector: PriceSelector): string[] {
  if (selector.kind === "version") return recordIdsOf(selector.versionId);
  return state.price(usage.priceId)?.record.versions.map(({ versionId }) => versionId) ?? [];
}

function bySelector(catalogue: LiveCatalogue, selectorOf: (usage: SimulatedUsage) => PriceSelector): Side {
  return { selectorOf, select: (each) => catalogue.selectLoaded(each.usage.priceId, selectorOf(each)) };
}

const inBook =
  (priceBook: string) =>
  (each: SimulatedUsage): PriceSelector => ({
    kind: "book",
    priceBook,
    atMs: each.usage.atMs,
  });

async function baselineOf(
  catalogue: LiveCatalogue,
  baseline: SimulatePriceRequest["baseline"],
): Promise<Side> {
  switch (baseline.case) {
    case "baselinePriceVersion":
      return byVersion(catalogue, baseline.value);
    case "baselinePriceBook":
      catalogue.state.requireBook(baseline.value);
      return bySelector(catalogue, inBook(baseline.value));
    default:
      return bySelector(catalogue, (each) =>
        each.chargedVersion === ""
          ? inBook(defaultPriceBook)(each)
          : { kind: "version", versionId: each.chargedVersion },
      );
  }
}

async function candidateOf(
  feeds: FeedParts,
  candidate: SimulatePriceRequest["candidate"],
  baseline: Side,
): Promise<Side> {
  const { catalogue } = feeds;
  switch (candidate.case) {
    case "draft": {
      const { priceId } = candidate.value;
      const terms = readTerms(candidate.value.terms, "draft.terms");
      checkTerms(terms, "draft.terms");
      return { priceId, select: (each) => replaceTerms(draftOf(priceId, terms), changesOf(baseline, each)) };
    }
    case "candidatePriceVersion":
      return byVersion(catalogue, candidate.value);
    case "candidatePriceBook":
      catalogue.state.requireBook(candidate.value);
      return bySelector(catalogue, inBook(candidate.value));
    case "candidateImportId":
      return byImport(feeds, candidate.value, baseline);
    default:
      throw invalidField("candidate", "is required");
  }
}

async function byVersion(catalogue: LiveCatalogue, versionId: string): Promise<Side> {
  await catalogue.loadVersions(recordIdsOf(versionId));
  const [termsId = ""] = recordIdsOf(versionId);
  const terms = catalogue.state.terms(termsId);
  if (terms === undefined) throw versionNotFound("", versionId, `there is no price version ${versionId}`);
  return { priceId: terms.priceId, ...bySelector(catalogue, () => ({ kind: "version", versionId })) };
}

/** The catalogue as an import would make it. */
async function byImport({ catalogue, imports }: FeedParts, importId: string, baseline: Side): Promise<Side> {
  const view = await viewImport(catalogue, imports, importId);
  const positions = new Map(
    view.summaries.flatMap(({ priceId, kind }, position) =>
      kind === "unchanged" || kind === "skipped" ? [] : [[priceId, position] as const],
    ),
  );
  const changes = new Map<string, ImportChange>();
  const asItIs = bySelector(catalogue, inBook(defaultPriceBook));
  return {
    ...asItIs,
    async prepare(usages) {
      const wanted = new Set(usages.flatMap(({ usage }) => positions.get(usage.priceId) ?? []));
      for (const change of await imports.readChanges(importId, [...wanted]))
        changes.set(change.priceId, change);
    },
    select(each) {
      const change = changes.get(each.usage.priceId);
      if (change === undefined) return asItIs.select(each);
      if (change.after === undefined) throw priceArchived(change.priceId, catalogue.now());
      return replaceTerms(draftOf(change.priceId, change.after), changesOf(baseline, each));
    },
  };
}

/** What the account's book changes applies to other terms of the price, too. */
function changesOf(baseline: Side, each: SimulatedUsage): Pick<SelectedVersion, "stages" | "priceBook"> {
  if (each.chargedVersion === "") return { stages: [], priceBook: defaultPriceBook };
  try {
    const { terms, stages, priceBook } = baseline.select(each);
    return terms.priceBook === defaultPriceBook
      ? { stages, priceBook }
      : { stages: [], priceBook: defaultPriceBook };
  } catch {
    return { stages: [], priceBook: defaultPriceBook };
  }
}

function replaceTerms(
  terms: TermsVersion,
  book: Pick<SelectedVersion, "stages" | "priceBook">,
): SelectedVersion {
  return { versionId: "", terms, ...book };
}

/** Terms that no version has yet. */
function draftOf(priceId: string, terms: PriceTerms): TermsVersion {
  return {
    kind: "terms",
    versionId: "",
    priceId,
    priceBook: defaultPriceBook,
    terms,
    effectiveFromMs: 0,
    origin: "operator",
    importId: "",
    comment: "",
    createdBy: "",
    createdAtMs: 0,
  };
}

import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { CatalogueState } from "../catalogue/catalogue-state.ts";
import type { PriceRecord, TermsVersion } from "../catalogue/records.ts";
import { inForceAt, nextAfter } from "../catalogue/timeline.ts";
import type { PriceTerms } from "../price-terms.ts";
import { type Comparison, compareAmounts, factorDigits } from "./amounts.ts";
import type { FeedRecord, PricedRecord, SkipReason } from "./feed-record.ts";
import type { HoldReason, ImportChange } from "./records.ts";
import type { ImportGuard, SourceSettings } from "./source-settings.ts";

/** A price with the terms that a change of it would replace. */
interface Present {
  readonly price: PriceRecord;
  readonly inForce: TermsVersion;
  readonly newestVersion: string;
}

/** Versions whose terms a plan compares with. */
export function versionsToCompare(state: CatalogueState, nowMs: number): string[] {
  return state.prices.map(({ record }) => versionShown(record, nowMs));
}

function versionShown({ versions }: PriceRecord, nowMs: number): string {
  const shown = inForceAt(versions, nowMs) ?? nextAfter(versions, nowMs);
  return shown?.versionId ?? "";
}

/**
 * What a list means for the catalogue: held changes first, then by kind, then by id.
 *
 * @param state must have the terms of {@link versionsToCompare}
 */
export function planImport(
  sourceId: string,
  settings: SourceSettings,
  records: readonly FeedRecord[],
  state: CatalogueState,
  nowMs: number,
): ImportChange[] {
  const seen = new Set<string>();
  const changes: ImportChange[] = [];
  for (const record of records) {
    if (record.kind === "skipped") {
      seen.add(`${settings.priceIdPrefix}${record.name}`);
      changes.push(skippedChange(record.name, record.reason, record.detail));
      continue;
    }
    seen.add(record.priceId);
    changes.push(planRecord(sourceId, settings, record, presentOf(state, record.priceId, nowMs)));
  }
  changes.push(...planRemovals(sourceId, settings, seen, state, nowMs));
  return changes.sort(compareChanges);
}

function presentOf(state: CatalogueState, priceId: string, nowMs: number): Present | undefined {
  const price = state.price(priceId)?.record;
  if (price === undefined) return undefined;
  const inForce = state.terms(versionShown(price, nowMs));
  if (inForce === undefined) throw new Error(`the terms of ${priceId} are not in memory`);
  return { price, inForce, newestVersion: price.versions.at(-1)?.versionId ?? "" };
}

function planRecord(
  sourceId: string,
  settings: SourceSettings,
  record: PricedRecord,
  present: Present | undefined,
): ImportChange {
  const { priceId, provider, mode, displayName, origins } = record;
  const skip = skipOf(sourceId, settings, record, present?.price);
  if (skip !== undefined) return { ...skippedChange(priceId, ...skip), displayName, provider, mode };
  const after = withMarkup(record, settings);
  const facts = { priceId, detail: "", displayName, provider, mode, after };
  if (present === undefined) {
    const comparison = compareAmounts(undefined, after, origins);
    const holdReasons: HoldReason[] = isFree(after) && !settings.guard.allowZeroPrices ? ["zero_price"] : [];
    return {
      ...facts,
      kind: "new",
      holdReasons,
      ...shownOf(comparison),
      beforeVersion: "",
      newestVersion: "",
    };
  }
  const before = present.inForce.terms;
  const basis = { beforeVersion: present.inForce.versionId, newestVersion: present.newestVersion };
  if (present.price.archivedAtMs === undefined && JSON.stringify(before) === JSON.stringify(after)) {
    const { after: _, ...rest } = facts;
    return { ...rest, kind: "unchanged", holdReasons: [], amounts: [], largestFactor: "", ...basis };
  }
  const comparison = compareAmounts(before, after, origins);
  const holdReasons = holdsOf(before, after, comparison, settings.guard);
  return { ...facts, kind: "changed", before, holdReasons, ...shownOf(comparison), ...basis };
}

/** Why a record that states a price must not change the catalogue. */
function skipOf(
  sourceId: string,
  { includeProviders, includeModes }: SourceSettings,
  { provider, mode }: PricedRecord,
  price: PriceRecord | undefined,
): [reason: SkipReason, detail: string] | undefined {
  if (includeProviders.length > 0 && !includeProviders.includes(provider))
    return ["filtered", `the provider ${provider || "(none)"} is not among those included`];
  if (includeModes.length > 0 && !includeModes.includes(mode))
    return ["filtered", `the mode ${mode || "(none)"} is not among those included`];
  if (price === undefined) return undefined;
  if (price.pinned) return ["pinned", "an operator's change wins over the source"];
  if (price.archivedAtMs !== undefined && price.archivedBy !== "import")
    return ["pinned", "an operator archived the price"];
  if (price.sourceId !== "" && price.sourceId !== sourceId)
    return ["other_source", `the source ${price.sourceId} keeps the price`];
  return undefined;
}

function withMarkup(
  { terms, provider, mode, priceId }: PricedRecord,
  { markupRules }: SourceSettings,
): PriceTerms {
  const rule = markupRules.find(
    (each) =>
      (each.provider === "" || each.provider === provider) &&
      (each.mode === "" || each.mode === mode) &&
      priceId.startsWith(each.priceIdPrefix),
  );
  if (rule === undefined || rule.multiplier === "1") return terms;
  return {
    ...terms,
    adjustments: { markupMultiplier: rule.multiplier, discountPercent: "0", scope: "usage" },
  };
}

/** Whether every amount is 0. */
function isFree(terms: PriceTerms): boolean {
  return compareAmounts(undefined, terms, {}).amounts.every(
    ({ after, path }) => path.startsWith("adjustments.") || after === "0",
  );
}

function holdsOf(
  before: PriceTerms,
  after: PriceTerms,
  { amounts, largestFactor }: Comparison,
  { maxChangeFactor, allowZeroPrices }: ImportGuard,
): HoldReason[] {
  const limit = Ratio.fromDecimal(Decimal.parse(maxChangeFactor));
  const kept = new Set(after.components.map(({ componentId }) => componentId));
  const becomesZero = amounts.some(
    (amount) => amount.after === "0" && amount.before !== "" && amount.before !== "0",
  );
  // From 0 there is no factor, and however small the amount is, it is infinitely more.
  const fromZero = amounts.some(
    (amount) => amount.before === "0" && amount.after !== "" && amount.after !== "0",
  );
  const isOtherCurrency = before.currencyCode !== after.currencyCode;
  const isFar = largestFactor !== undefined && largestFactor.compare(limit) > 0;
  return [
    ...(isFar || fromZero || isOtherCurrency ? (["change_factor"] as const) : []),
    ...(becomesZero && !allowZeroPrices ? (["zero_price"] as const) : []),
    ...(before.components.every(({ componentId }) => kept.has(componentId))
      ? []
      : (["component_removed"] as const)),
  ];
}

function shownOf({ amounts, largestFactor }: Comparison): Pick<ImportChange, "amounts" | "largestFactor"> {
  return { amounts, largestFactor: largestFactor?.round(factorDigits, "up").toString() ?? "" };
}

/** Prices of the source that the list has no more. */
function planRemovals(
  sourceId: string,
  { removalPolicy, guard }: SourceSettings,
  seen: ReadonlySet<string>,
  state: CatalogueState,
  nowMs: number,
): ImportChange[] {
  const own = state.prices
    .map(({ record }) => record)
    .filter((price) => price.sourceId === sourceId && price.archivedAtMs === undefined);
  const gone = own.filter(({ priceId }) => !seen.has(priceId));
  const percent = Ratio.of(BigInt(gone.length) * 100n, BigInt(Math.max(1, own.length)));
  const isMass = percent.compare(Ratio.fromDecimal(Decimal.parse(guard.maxRemovedPercent))) > 0;
  return gone.map((price): ImportChange => {
    const { priceId, displayName, provider, mode, pinned } = price;
    const { inForce, newestVersion } = presentOf(state, priceId, nowMs)!;
    const before = {
      displayName,
      provider,
      mode,
      before: inForce.terms,
      beforeVersion: inForce.versionId,
      newestVersion,
    };
    if (pinned)
      return { ...skippedChange(priceId, "pinned", "an operator's change wins over the source"), ...before };
    if (removalPolicy === "keep")
      return {
        ...skippedChange(priceId, "kept", "the list no longer has it; it stays as it was last known"),
        ...before,
      };
    return {
      priceId,
      kind: "removed",
      holdReasons: isMass ? ["mass_removal"] : [],
      detail: "",
      amounts: [],
      largestFactor: "",
      ...before,
    };
  });
}

function skippedChange(priceId: string, skipReason: SkipReason, detail: string): ImportChange {
  return {
    priceId,
    kind: "skipped",
    holdReasons: [],
    skipReason,
    detail,
    displayName: "",
    provider: "",
    mode: "",
    amounts: [],
    largestFactor: "",
    beforeVersion: "",
    newestVersion: "",
  };
}

const kindOrder = { new: 0, changed: 1, removed: 2, unchanged: 3, skipped: 4 } as const;

function compareChanges(left: ImportChange, right: ImportChange): number {
  return (
    Number(right.holdReasons.length > 0) - Number(left.holdReasons.length > 0) ||
    kindOrder[left.kind] - kindOrder[right.kind] ||
    (left.priceId < right.priceId ? -1 : left.priceId > right.priceId ? 1 : 0)
  );
}

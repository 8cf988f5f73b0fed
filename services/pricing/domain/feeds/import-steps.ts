import type { StoredDocument } from "#platform/documents/document.ts";
import { versionIdFor } from "../catalogue/identity.ts";
import { catalogueFull, catalogueLimits as limits } from "../catalogue/limits.ts";
import { defaultPriceBook, type PriceRecord, type TermsVersion } from "../catalogue/records.ts";
import type { ImportView } from "./import-view.ts";
import type { ImportChange } from "./records.ts";

/** Who decides, and why. */
export interface Decider {
  readonly subject: string;
  readonly comment: string;
}

/** A step that a change takes: the head after it, with the version that it makes. */
export interface PriceStep {
  readonly price: PriceRecord;
  readonly expectedVersion: number;
  readonly made: TermsVersion | undefined;
}

/** What is the same for all steps of a decision. */
export interface StepFacts {
  readonly view: ImportView;
  readonly nowMs: number;
  /** First moment in force; undefined means now. */
  readonly effectiveFromMs: number | undefined;
  readonly decider: Decider;
  /** Its own for each attempt, so that what a broken attempt left behind is never named. */
  readonly nonce: string;
}

/** The step that applies a change; undefined if the price has changed since the list was read. */
export function applyStep(
  change: ImportChange,
  document: StoredDocument<PriceRecord> | undefined,
  facts: StepFacts,
): PriceStep | undefined {
  const { record } = facts.view;
  const { priceId, after } = change;
  const price = document?.value;
  if (change.kind === "new") {
    if (price !== undefined || after === undefined) return undefined;
    const made = versionOf(change, after, "import", facts);
    const { versionId, effectiveFromMs, createdAtMs } = made;
    const { displayName, provider, mode } = change;
    return {
      price: {
        kind: "price",
        priceId,
        displayName,
        description: "",
        provider,
        mode,
        labels: {},
        sourceId: record.sourceId,
        pinned: false,
        versions: [{ versionId, effectiveFromMs }],
        createdAtMs,
        creation: "",
        lastChange: record.importId,
      },
      expectedVersion: 0,
      made,
    };
  }
  if (document === undefined || price === undefined || !isAsRead(price, change, record.sourceId))
    return undefined;
  const { archivedAtMs: _, archivedBy: __, ...usable } = price;
  const base = { ...usable, sourceId: record.sourceId, lastChange: record.importId };
  if (change.kind === "removed") {
    const archived = { ...base, archivedAtMs: facts.nowMs, archivedBy: "import" as const };
    return { price: archived, expectedVersion: document.version, made: undefined };
  }
  if (after === undefined) return undefined;
  if (price.versions.length >= limits.versionsOfPrice)
    throw catalogueFull("versions_of_a_price", limits.versionsOfPrice);
  const made = versionOf(change, after, "import", facts);
  const reference = { versionId: made.versionId, effectiveFromMs: made.effectiveFromMs };
  const changed = { ...base, versions: [...price.versions, reference] };
  return { price: changed, expectedVersion: document.version, made };
}

/** Whether a price is as it was when the list was read, and still the source's to change. */
function isAsRead(price: PriceRecord, change: ImportChange, sourceId: string): boolean {
  const isOperators = price.archivedAtMs !== undefined && price.archivedBy !== "import";
  const isOthers = price.sourceId !== "" && price.sourceId !== sourceId;
  return (
    !price.pinned && !isOperators && !isOthers && price.versions.at(-1)?.versionId === change.newestVersion
  );
}

/** The step that undoes a change; undefined if the price has changed since it was applied. */
export function rollbackStep(
  change: ImportChange,
  madeVersion: string,
  document: StoredDocument<PriceRecord> | undefined,
  facts: StepFacts,
): PriceStep | undefined {
  if (document === undefined) return undefined;
  const { value: price, version: expectedVersion } = document;
  const newest = price.versions.at(-1)?.versionId;
  const isUntouched =
    price.lastChange === facts.view.record.importId && newest === (madeVersion || change.newestVersion);
  if (!isUntouched) return undefined;
  const lastChange = `${facts.view.record.importId} undone`;
  const { archivedAtMs: _, archivedBy: __, ...usable } = price;
  if (change.kind === "new") {
    const archived = { ...usable, archivedAtMs: facts.nowMs, archivedBy: "import" as const, lastChange };
    return { price: archived, expectedVersion, made: undefined };
  }
  if (change.kind === "removed")
    return { price: { ...usable, lastChange }, expectedVersion, made: undefined };
  if (change.before === undefined) return undefined;
  const made = versionOf(change, change.before, "rollback", facts);
  // One that was applied to a later time is undone for that time, too.
  const applied = price.versions.at(-1)?.effectiveFromMs ?? facts.nowMs;
  const from = Math.max(facts.nowMs, applied);
  const reference = { versionId: made.versionId, effectiveFromMs: from };
  return {
    price: { ...usable, versions: [...price.versions, reference], lastChange },
    expectedVersion,
    made: { ...made, effectiveFromMs: from },
  };
}

function versionOf(
  { priceId }: ImportChange,
  terms: TermsVersion["terms"],
  origin: "import" | "rollback",
  facts: StepFacts,
): TermsVersion {
  const { importId } = facts.view.record;
  return {
    kind: "terms",
    versionId: versionIdFor(importId, priceId, facts.nonce),
    priceId,
    priceBook: defaultPriceBook,
    terms,
    effectiveFromMs: facts.effectiveFromMs ?? facts.nowMs,
    origin,
    importId,
    comment: facts.decider.comment,
    createdBy: facts.decider.subject,
    createdAtMs: facts.nowMs,
  };
}

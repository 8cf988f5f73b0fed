import type { BookStage } from "../engine/calculate-price.ts";
import type { CatalogueState, Stored } from "./catalogue-state.ts";
import type { LiveCatalogue } from "./live-catalogue.ts";
import {
  defaultPriceBook,
  type OverrideEntry,
  type OverrideRecord,
  type PriceRecord,
  type TermsVersion,
} from "./records.ts";
import { findPlace, recordIdsOf, selectVersion, type VersionPlace, versionIdOf } from "./select-price.ts";
import { endOf, inForceAt, nextAfter } from "./timeline.ts";

/** A version with when it is in force. */
export interface VersionView {
  readonly versionId: string;
  readonly terms: TermsVersion;
  readonly stages: readonly BookStage[];
  readonly priceBook: string;
  readonly effectiveFromMs: number;
  readonly effectiveUntilMs: number | undefined;
}

/** What a book says of a price, as it is shown. */
export interface OverrideView {
  readonly priceBook: string;
  readonly priceId: string;
  readonly entry: OverrideEntry;
  /** The version that the price has by it. */
  readonly versionId: string;
  /** Its terms; undefined where it changes those of the parent. */
  readonly terms: TermsVersion | undefined;
  readonly stage: BookStage | undefined;
  readonly configVersion: number;
}

/** A price as a book has it at a time. */
export interface PriceView {
  readonly price: Stored<PriceRecord>;
  readonly version: VersionView;
  /** The book's own override; undefined when it has none. */
  readonly override: OverrideView | undefined;
}

/** A price in a book at a time: with the version in force, or the first one to come. */
export async function viewPrice(
  catalogue: LiveCatalogue,
  priceId: string,
  priceBook: string,
  atMs: number,
): Promise<PriceView> {
  const { state } = catalogue;
  const place = shownPlace(state, priceId, priceBook, atMs);
  const entry = shownEntry(state.override(priceBook, priceId)?.record, atMs);
  await catalogue.loadVersions([
    ...recordIdsOf(versionIdOf(place)),
    ...(entry === undefined ? [] : recordsOf(entry)),
  ]);
  return {
    price: state.requirePrice(priceId, priceBook),
    version: viewPlace(state, priceId, place),
    override: entry && viewOverride(state, priceBook, priceId, entry),
  };
}

/** A price with a version named, whatever is in force. */
export async function viewPriceByVersion(
  catalogue: LiveCatalogue,
  priceId: string,
  versionId: string,
): Promise<PriceView> {
  const { state } = catalogue;
  const { terms, stages, priceBook } = await catalogue.select(priceId, { kind: "version", versionId });
  const price = state.requirePrice(priceId);
  const timeline = timelineOf(state, price.record, terms.priceBook);
  const reference = timeline.find((each) => each.versionId === terms.versionId);
  const view: VersionView = {
    versionId,
    terms,
    stages,
    priceBook,
    effectiveFromMs: terms.effectiveFromMs,
    effectiveUntilMs: stages.length > 0 || reference === undefined ? undefined : endOf(timeline, reference),
  };
  return { price, version: view, override: undefined };
}

/** The versions of a price, the latest beginning first. @param priceBook only those of this book; empty: of all */
export async function viewVersions(
  catalogue: LiveCatalogue,
  priceId: string,
  priceBook: string,
): Promise<VersionView[]> {
  const { state } = catalogue;
  const price = state.requirePrice(priceId).record;
  const books = priceBook === "" ? state.books.map(({ record }) => record.priceBook) : [priceBook];
  const places = books.flatMap((book) => placesOf(state, price, book));
  await catalogue.loadVersions(places.flatMap((place) => recordIdsOf(versionIdOf(place))));
  return places
    .map((place) => viewPlace(state, priceId, place))
    .sort((left, right) => right.effectiveFromMs - left.effectiveFromMs);
}

/** What a book says of a price now, or will; undefined if it says nothing. */
export function viewOverrideNow(
  state: CatalogueState,
  priceBook: string,
  priceId: string,
): OverrideView | undefined {
  const entry = state.override(priceBook, priceId)?.record.entries.at(-1);
  return entry === undefined ? undefined : viewOverride(state, priceBook, priceId, entry);
}

/** Whether a book says something of a price, now or later. */
export function isOverridden(override: OverrideRecord | undefined): boolean {
  return override !== undefined && override.entries.at(-1)?.what.kind !== "none";
}

function viewOverride(
  state: CatalogueState,
  priceBook: string,
  priceId: string,
  entry: OverrideEntry,
): OverrideView {
  const { what } = entry;
  const place =
    what.kind === "change" ? findPlace(state, priceId, priceBook, entry.effectiveFromMs) : undefined;
  const change = what.kind === "change" ? state.change(what.changeId) : undefined;
  return {
    priceBook,
    priceId,
    entry,
    versionId: what.kind === "terms" ? what.versionId : place === undefined ? "" : versionIdOf(place),
    terms: what.kind === "terms" ? state.terms(what.versionId) : undefined,
    stage: change && { priceBook, change: change.change },
    configVersion: state.override(priceBook, priceId)?.version ?? 0,
  };
}

function shownEntry(override: OverrideRecord | undefined, atMs: number): OverrideEntry | undefined {
  if (override === undefined || !isOverridden(override)) return undefined;
  const entry = inForceAt(override.entries, atMs);
  return entry === undefined || entry.what.kind === "none" ? nextAfter(override.entries, atMs) : entry;
}

function recordsOf({ what }: OverrideEntry): string[] {
  return what.kind === "terms" ? [what.versionId] : what.kind === "change" ? [what.changeId] : [];
}

function shownPlace(state: CatalogueState, priceId: string, priceBook: string, atMs: number): VersionPlace {
  const place = findPlace(state, priceId, priceBook, atMs);
  if (place !== undefined) return place;
  const first = nextAfter(state.requirePrice(priceId).record.versions, atMs);
  const later = first && findPlace(state, priceId, priceBook, first.effectiveFromMs);
  if (later === undefined) throw new Error(`the price ${priceId} has no version`);
  return later;
}

function timelineOf(state: CatalogueState, price: PriceRecord, priceBook: string) {
  if (priceBook === defaultPriceBook) return price.versions;
  const entries = state.override(priceBook, price.priceId)?.record.entries ?? [];
  return entries.map(({ what, effectiveFromMs }) => ({
    effectiveFromMs,
    versionId: what.kind === "terms" ? what.versionId : "",
  }));
}

/** The versions that a book itself makes of a price. */
function placesOf(state: CatalogueState, price: PriceRecord, priceBook: string): VersionPlace[] {
  const { priceId } = price;
  if (priceBook === defaultPriceBook) {
    return price.versions.map((reference) => ({
      ...reference,
      changeIds: [],
      priceBook,
      effectiveUntilMs: endOf(price.versions, reference),
    }));
  }
  const entries = state.override(priceBook, priceId)?.record.entries ?? [];
  return entries.flatMap((entry) => {
    const { what, effectiveFromMs } = entry;
    const effectiveUntilMs = endOf(entries, entry);
    if (what.kind === "terms")
      return [{ versionId: what.versionId, changeIds: [], priceBook, effectiveFromMs, effectiveUntilMs }];
    if (what.kind === "none" || inForceAt(entries, effectiveFromMs) !== entry) return [];
    const place = findPlace(state, priceId, priceBook, effectiveFromMs);
    return place === undefined ? [] : [place];
  });
}

function viewPlace(state: CatalogueState, priceId: string, place: VersionPlace): VersionView {
  const versionId = versionIdOf(place);
  const selected = selectVersion(state, priceId, { kind: "version", versionId });
  if (selected === undefined) throw new Error(`the version ${versionId} of ${priceId} is nowhere`);
  const { effectiveFromMs, effectiveUntilMs, priceBook } = place;
  return { ...selected, priceBook, effectiveFromMs, effectiveUntilMs };
}

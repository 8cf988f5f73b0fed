import { randomUUID } from "node:crypto";
import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentWrite } from "#platform/documents/document-collection.ts";
import { decideAnew } from "../catalogue/conflicts.ts";
import { headIds } from "../catalogue/head-ids.ts";
import type { HeadRecord } from "../catalogue/heads.ts";
import { catalogueFull, catalogueLimits as limits } from "../catalogue/limits.ts";
import type { LiveCatalogue } from "../catalogue/live-catalogue.ts";
import type { PriceRecord, TermsVersion } from "../catalogue/records.ts";
import { PricingError } from "../pricing-error.ts";
import { applyStep, type Decider, type PriceStep, rollbackStep } from "./import-steps.ts";
import { type ImportState, type Imports, type ImportView, stateOf, viewImport } from "./import-view.ts";
import type { DecisionRecord, ImportChange, StateLetter } from "./records.ts";

/** Which changes: all, or those of these prices. */
export type Selection =
  | { readonly kind: "all" }
  | { readonly kind: "chosen"; readonly priceIds: readonly string[] };

/** What a decision did. */
export interface DecisionOutcome {
  readonly changedCount: number;
  readonly conflictPriceIds: readonly string[];
}

/**
 * Applies, rejects and undoes imports. Prices and what is decided about them change in one step: whatever happens
 * on the way, either all of it is done or nothing.
 */
export class ImportEditor {
  readonly #catalogue: LiveCatalogue;
  readonly #imports: Imports;

  constructor(catalogue: LiveCatalogue, imports: Imports) {
    this.#catalogue = catalogue;
    this.#imports = imports;
  }

  /** @throws PricingError IMPORT_NOT_FOUND, IMPORT_NOT_PENDING, TIME_OUT_OF_RANGE, CATALOGUE_FULL */
  async apply(
    importId: string,
    selection: Selection,
    approveHeld: boolean,
    effectiveFromMs: number | undefined,
    decider: Decider,
  ): Promise<DecisionOutcome> {
    const startMs = this.#catalogue.now();
    if (effectiveFromMs !== undefined && effectiveFromMs < startMs)
      throw new PricingError("TIME_OUT_OF_RANGE", "effective_from must not lie in the past");
    return decideAnew(async () => {
      const view = await viewImport(this.#catalogue, this.#imports, importId);
      if (stateOf(view) === "applied") return { changedCount: 0, conflictPriceIds: [] };
      requireState(view, ["pending", "partially_applied"]);
      const positions = positionsOf(view, selection, "P").filter(
        (position) => approveHeld || !view.summaries[position]?.isHeld,
      );
      const adopted = selection.kind === "all" ? positionsOfUnchanged(view) : [];
      const changes = await this.#imports.readChanges(importId, positions);
      const prices = await this.#readPrices(changes.map(({ priceId }) => priceId));
      const facts = { view, nowMs: this.#catalogue.now(), effectiveFromMs, decider, nonce: randomUUID() };
      const steps = changes.map((change, index) => applyStep(change, prices[index], facts));
      this.#requireRoom(changes);
      const adoptions = await this.#adoptions(view, adopted);
      return this.#write(view, positions, changes, steps, "A", decider, adoptions);
    });
  }

  /** Applies what the guard does not hold, if anything. */
  async applyWithinGuard(importId: string, decider: Decider): Promise<void> {
    const view = await viewImport(this.#catalogue, this.#imports, importId);
    if (view.isSuperseded) return;
    const free = positionsOf(view, { kind: "all" }, "P").some(
      (position) => !view.summaries[position]?.isHeld,
    );
    if (free) await this.apply(importId, { kind: "all" }, false, undefined, decider);
  }

  /** Turns down changes that wait. @throws PricingError IMPORT_NOT_FOUND, IMPORT_NOT_PENDING */
  async reject(importId: string, selection: Selection, decider: Decider): Promise<void> {
    await decideAnew(async () => {
      const view = await viewImport(this.#catalogue, this.#imports, importId);
      if (stateOf(view) === "rejected") return;
      requireState(view, ["pending", "partially_applied"]);
      const positions = positionsOf(view, selection, "P");
      const states = withLetters(view.states, new Map(positions.map((position) => [position, "R"])));
      await this.#writeDecision(view, states, {}, [], [], decider);
    });
  }

  /** Undoes what was applied. @throws PricingError IMPORT_NOT_FOUND, IMPORT_NOT_PENDING */
  async rollback(importId: string, decider: Decider): Promise<DecisionOutcome> {
    return decideAnew(async () => {
      const view = await viewImport(this.#catalogue, this.#imports, importId);
      if (stateOf(view) === "rolled_back") return { changedCount: 0, conflictPriceIds: [] };
      const positions = positionsOf(view, { kind: "all" }, "A");
      if (positions.length === 0) requireState(view, ["applied", "partially_applied"]);
      const changes = await this.#imports.readChanges(importId, positions);
      const prices = await this.#readPrices(changes.map(({ priceId }) => priceId));
      const facts = {
        view,
        nowMs: this.#catalogue.now(),
        effectiveFromMs: undefined,
        decider,
        nonce: randomUUID(),
      };
      const steps = changes.map((change, index) => {
        const made = view.decision?.value.madeVersions[String(positions[index])] ?? "";
        return rollbackStep(change, made, prices[index], facts);
      });
      return this.#write(view, positions, changes, steps, "B", decider, []);
    });
  }

  /** Prices with the same terms that no source keeps yet: from now on this one does. */
  async #adoptions(
    view: ImportView,
    positions: readonly number[],
  ): Promise<Array<DocumentWrite<HeadRecord>>> {
    const { sourceId } = view.record;
    const ids = positions
      .map((position) => view.summaries[position]?.priceId ?? "")
      .filter((priceId) => this.#catalogue.state.price(priceId)?.record.sourceId === "");
    const prices = await this.#readPrices(ids);
    return prices.flatMap((document) => {
      if (document === undefined || document.value.sourceId !== "" || document.value.pinned) return [];
      const { value, version } = document;
      return [{ id: document.id, expectedVersion: version, value: { ...value, sourceId } }];
    });
  }

  /** Lets the source keep prices whose terms its list states as they are. Changes no price. */
  async adopt(importId: string): Promise<void> {
    await decideAnew(async () => {
      const view = await viewImport(this.#catalogue, this.#imports, importId);
      if (view.isSuperseded) return;
      const writes = await this.#adoptions(view, positionsOfUnchanged(view));
      if (writes.length > 0) await this.#catalogue.write([], writes);
    });
  }

  async #write(
    view: ImportView,
    positions: readonly number[],
    changes: readonly ImportChange[],
    steps: ReadonlyArray<PriceStep | undefined>,
    letter: StateLetter,
    decider: Decider,
    others: ReadonlyArray<DocumentWrite<HeadRecord>>,
  ): Promise<DecisionOutcome> {
    const letters = new Map(
      positions.map((position, index) => [position, steps[index] === undefined ? "C" : letter] as const),
    );
    const made: Record<string, string> = {};
    for (const [index, position] of positions.entries()) {
      const version = steps[index]?.made;
      if (version !== undefined && letter === "A") made[String(position)] = version.versionId;
    }
    const done = steps.filter((step) => step !== undefined);
    const versions = done.flatMap((step) => step.made ?? []);
    const writes: Array<DocumentWrite<HeadRecord>> = done.map(({ price, expectedVersion }) => ({
      id: headIds.price(price.priceId),
      expectedVersion,
      value: price,
    }));
    // What a rollback finds changed stays as applied.
    const kept = letter === "B" ? new Map([...letters].filter(([, each]) => each === "B")) : letters;
    await this.#writeDecision(
      view,
      withLetters(view.states, kept),
      made,
      versions,
      [...writes, ...others],
      decider,
    );
    const conflicts = changes.filter((_, index) => steps[index] === undefined).map(({ priceId }) => priceId);
    return { changedCount: done.length, conflictPriceIds: conflicts };
  }

  async #writeDecision(
    view: ImportView,
    states: string,
    made: Readonly<Record<string, string>>,
    versions: readonly TermsVersion[],
    writes: ReadonlyArray<DocumentWrite<HeadRecord>>,
    { subject, comment }: Decider,
  ): Promise<void> {
    const { record, decision, latest } = view;
    const value: DecisionRecord = {
      kind: "decision",
      importId: record.importId,
      sourceId: record.sourceId,
      states,
      madeVersions: { ...decision?.value.madeVersions, ...made },
      decidedAtMs: this.#catalogue.now(),
      decidedBy: subject,
      comment,
      nonce: randomUUID(),
    };
    // What waited may be applied only as long as no later reading took the import's place. A rollback may always.
    const guard: Array<DocumentWrite<HeadRecord>> =
      latest.importId === record.importId
        ? [
            {
              id: latest.id,
              expectedVersion: latest.version,
              value: { kind: "mark", value: latest.importId },
            },
          ]
        : [];
    await this.#catalogue.write(
      versions.map((version) => [version.versionId, version]),
      [
        ...guard,
        { id: headIds.decision(record.importId), expectedVersion: decision?.version ?? 0, value },
        ...writes,
      ],
    );
    await this.#imports.setKept(record.importId, states.includes("P"));
  }

  async #readPrices(priceIds: readonly string[]): Promise<Array<StoredDocument<PriceRecord> | undefined>> {
    const documents = await this.#catalogue.store.readHeads(priceIds.map(headIds.price));
    return documents as Array<StoredDocument<PriceRecord> | undefined>;
  }

  #requireRoom(changes: readonly ImportChange[]): void {
    const added = changes.filter(({ kind }) => kind === "new").length;
    if (this.#catalogue.state.prices.length + added > limits.prices)
      throw catalogueFull("prices", limits.prices);
  }
}

function positionsOf({ summaries, states }: ImportView, selection: Selection, letter: StateLetter): number[] {
  const chosen = selection.kind === "all" ? undefined : new Set(selection.priceIds);
  const positions: number[] = [];
  for (const [position, { priceId, kind }] of summaries.entries()) {
    if (states[position] !== letter || kind === "skipped") continue;
    if (chosen === undefined || chosen.has(priceId)) positions.push(position);
  }
  return positions;
}

function positionsOfUnchanged({ summaries }: ImportView): number[] {
  return summaries.flatMap(({ kind }, position) => (kind === "unchanged" ? [position] : []));
}

function withLetters(states: string, letters: ReadonlyMap<number, StateLetter>): string {
  return [...states].map((letter, position) => letters.get(position) ?? letter).join("");
}

function requireState(view: ImportView, allowed: readonly ImportState[]): void {
  const state = stateOf(view);
  if (allowed.includes(state)) return;
  throw new PricingError(
    "IMPORT_NOT_PENDING",
    `the import ${view.record.importId} is ${state.replaceAll("_", " ")}`,
    {
      metadata: { state: state.toUpperCase() },
    },
  );
}

import type { StoredDocument } from "#platform/documents/document.ts";
import type { ImportStore } from "../../store/import-store.ts";
import { headIds } from "../catalogue/head-ids.ts";
import type { LiveCatalogue } from "../catalogue/live-catalogue.ts";
import { PricingError } from "../pricing-error.ts";
import {
  type ChangeState,
  type ChangeSummary,
  changeStates,
  type DecisionRecord,
  type ImportChange,
  type ImportRecord,
  initialStates,
  type StateLetter,
} from "./records.ts";

export type Imports = ImportStore<ImportRecord, ChangeSummary, ImportChange>;

export type ImportState =
  | "pending"
  | "partially_applied"
  | "applied"
  | "rejected"
  | "rolled_back"
  | "unchanged"
  | "failed"
  | "superseded";

/** An import with what became of it. */
export interface ImportView {
  readonly record: ImportRecord;
  readonly summaries: readonly ChangeSummary[];
  /** A letter for each change. */
  readonly states: string;
  /** A later reading took its place: what waits can be applied no more. */
  readonly isSuperseded: boolean;
  readonly decision: StoredDocument<DecisionRecord> | undefined;
  /** The mark that says which reading of the source is the latest; a change is made only while it stands. */
  readonly latest: { readonly id: string; readonly version: number; readonly importId: string };
}

/** @throws PricingError IMPORT_NOT_FOUND */
export async function viewImport(
  catalogue: LiveCatalogue,
  imports: Imports,
  importId: string,
): Promise<ImportView> {
  const stored = await imports.read(importId);
  if (stored === undefined) {
    throw new PricingError("IMPORT_NOT_FOUND", `there is no import ${importId}, or it is kept no more`, {
      metadata: { import_id: importId },
    });
  }
  const { record, summaries } = stored;
  const latestId = headIds.mark(`latest:${record.sourceId}`);
  const [decision, mark] = await catalogue.store.readHeads([headIds.decision(importId), latestId]);
  const latest = mark?.value.kind === "mark" ? mark.value.value : "";
  const decided = decision as StoredDocument<DecisionRecord> | undefined;
  return {
    record,
    summaries,
    states: decided?.value.states ?? initialStates(summaries),
    isSuperseded: latest !== importId && record.errorReason === "",
    decision: decided,
    latest: { id: latestId, version: mark?.version ?? 0, importId: latest },
  };
}

/** How far an import is. */
export function stateOf({ record, states, isSuperseded }: ImportView): ImportState {
  if (record.errorReason !== "") return "failed";
  const has = (letter: StateLetter) => states.includes(letter);
  if (has("B")) return "rolled_back";
  if (has("P")) return isSuperseded ? "superseded" : has("A") ? "partially_applied" : "pending";
  if (has("A")) return "applied";
  return has("R") || has("C") ? "rejected" : "unchanged";
}

/** What became of one change. */
export function changeStateOf({ states, isSuperseded }: ImportView, position: number): ChangeState {
  const letter = states[position] as StateLetter;
  return letter === "P" && isSuperseded ? "superseded" : changeStates[letter];
}

import type { PriceTerms } from "../price-terms.ts";
import type { AmountChange } from "./amounts.ts";
import type { SkipReason } from "./feed-record.ts";
import type { SourceSettings } from "./source-settings.ts";

/** A price source. */
export interface SourceRecord {
  readonly kind: "source";
  readonly sourceId: string;
  readonly settings: SourceSettings;
  readonly createdAtMs: number;
  readonly creation: string;
  readonly lastChange: string;
}

export type ImportTrigger = "preview" | "sync" | "schedule";

/** One reading of a source. What was read never changes; what was decided stands in a {@link DecisionRecord}. */
export interface ImportRecord {
  readonly importId: string;
  readonly sourceId: string;
  readonly trigger: ImportTrigger;
  readonly createdAtMs: number;
  /** Why reading failed; empty when it did not. */
  readonly errorReason: string;
  readonly errorMessage: string;
  readonly contentSha256: string;
  readonly contentBytes: number;
}

export type ChangeKind = "new" | "changed" | "removed" | "unchanged" | "skipped";
export type HoldReason = "change_factor" | "mass_removal" | "zero_price" | "component_removed";

/** What an import means for one price, or for one record that is no price. */
export interface ImportChange {
  /** For a skipped record its name in the list. */
  readonly priceId: string;
  readonly kind: ChangeKind;
  readonly holdReasons: readonly HoldReason[];
  readonly skipReason?: SkipReason;
  readonly detail: string;
  readonly displayName: string;
  readonly provider: string;
  readonly mode: string;
  readonly before?: PriceTerms;
  readonly after?: PriceTerms;
  readonly amounts: readonly AmountChange[];
  /** Empty when none can be told. */
  readonly largestFactor: string;
  /** Version that was in force when the list was read; empty for a new price. */
  readonly beforeVersion: string;
  /** Newest version when the list was read: another one is a conflict. */
  readonly newestVersion: string;
}

/** What became of a change; the letters are those of a decision's states. */
export const changeStates = {
  N: "nothing",
  P: "pending",
  A: "applied",
  R: "rejected",
  C: "conflict",
  B: "rolled_back",
} as const;
export type StateLetter = keyof typeof changeStates;
export type ChangeState = (typeof changeStates)[StateLetter] | "superseded";

/** What is known of a change without reading it. */
export interface ChangeSummary {
  readonly priceId: string;
  readonly kind: ChangeKind;
  readonly isHeld: boolean;
}

/** What became of the changes of an import. It changes in one step with the prices that it speaks of. */
export interface DecisionRecord {
  readonly kind: "decision";
  readonly importId: string;
  readonly sourceId: string;
  /** A letter for each change, in their order. */
  readonly states: string;
  /** By position of the change: the version that applying it made. */
  readonly madeVersions: Readonly<Record<string, string>>;
  readonly decidedAtMs: number;
  readonly decidedBy: string;
  readonly comment: string;
  /** Its own for each decision, so that no two of them are the same text. */
  readonly nonce: string;
}

/** The states of changes before anybody decided. */
export function initialStates(changes: readonly ChangeSummary[]): string {
  return changes
    .map(({ kind }): StateLetter => (kind === "unchanged" || kind === "skipped" ? "N" : "P"))
    .join("");
}

/** A price source. */
export interface SourceRecord {
  readonly kind: "source";
  readonly sourceId: string;
}

/** What became of the changes of an import. */
export interface DecisionRecord {
  readonly kind: "decision";
  readonly importId: string;
}

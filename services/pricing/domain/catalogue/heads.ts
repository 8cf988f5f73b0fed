import type { DecisionRecord, SourceRecord } from "../feeds/records.ts";
import type { BookRecord, MarkRecord, OverrideRecord, PriceRecord } from "./records.ts";

/** What changes in the catalogue. One write can change several, all or none. */
export type HeadRecord =
  | PriceRecord
  | BookRecord
  | OverrideRecord
  | MarkRecord
  | SourceRecord
  | DecisionRecord;

import type { FeedRecord } from "./feed-record.ts";
import type { SourceSettings } from "./source-settings.ts";

/** What an answer said about its version; given back, the next one may be "the same". */
export interface ListVersion {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** A list as it came; undefined content: the one of that version is still current. */
export interface FetchedList {
  readonly content: Uint8Array | undefined;
  readonly version: ListVersion;
}

/** Fetches the list of a source from where it is. */
export type FetchList = (
  sourceId: string,
  settings: SourceSettings,
  /** The list that came with the call; empty: none did. */
  uploaded: Uint8Array,
  known: ListVersion | undefined,
  signal: AbortSignal,
) => Promise<FetchedList>;

/** Reads the records of a list, elsewhere than in the thread that prices. */
export type ReadList = (
  sourceId: string,
  content: Uint8Array,
  settings: SourceSettings,
) => Promise<FeedRecord[]>;

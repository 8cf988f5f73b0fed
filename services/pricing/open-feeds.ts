import type { Redis } from "#platform/redis/redis.ts";
import type { LiveCatalogue } from "./domain/catalogue/live-catalogue.ts";
import { ImportEditor } from "./domain/feeds/import-editor.ts";
import type { ChangeSummary, ImportChange, ImportRecord } from "./domain/feeds/records.ts";
import { SourceEditor } from "./domain/feeds/source-editor.ts";
import { SourceReader, type SourceStatus } from "./domain/feeds/source-reader.ts";
import { checkLocation, createListFetcher, type ListRules } from "./reading/fetch-list.ts";
import { readInWorker } from "./reading/read-in-worker.ts";
import type { FeedParts } from "./rpc/feed-parts.ts";
import { ImportStore } from "./store/import-store.ts";
import { SourceStatusStore } from "./store/source-status-store.ts";

/** Sources and imports of a catalogue, with what they may reach. */
export function openFeeds(redis: Redis, catalogue: LiveCatalogue, rules: ListRules): FeedParts {
  const imports = new ImportStore<ImportRecord, ChangeSummary, ImportChange>(redis);
  const statuses = new SourceStatusStore<SourceStatus>(redis);
  const editor = new ImportEditor(catalogue, imports);
  const fetchList = createListFetcher(rules);
  const reader = new SourceReader(catalogue, {
    redis,
    imports,
    statuses,
    editor,
    fetchList,
    readList: readInWorker,
  });
  const sources = new SourceEditor(catalogue, reader, statuses, (sourceId, settings) =>
    checkLocation(sourceId, settings, rules),
  );
  return { catalogue, imports, statuses, editor, reader, sources };
}

import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import type { ImportEditor } from "../domain/feeds/import-editor.ts";
import type { Imports } from "../domain/feeds/import-view.ts";
import type { SourceEditor } from "../domain/feeds/source-editor.ts";
import type { SourceReader, SourceStatus } from "../domain/feeds/source-reader.ts";
import type { SourceStatusStore } from "../store/source-status-store.ts";

/** What the handlers of sources and imports need. */
export interface FeedParts {
  readonly catalogue: LiveCatalogue;
  readonly imports: Imports;
  readonly statuses: SourceStatusStore<SourceStatus>;
  readonly editor: ImportEditor;
  readonly reader: SourceReader;
  readonly sources: SourceEditor;
}

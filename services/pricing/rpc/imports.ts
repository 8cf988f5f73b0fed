import { timestampMs } from "@bufbuild/protobuf/wkt";
import { ImportChangeKind, ImportChangeState, ImportState } from "#gen/billing/pricing/v1/price_import_pb.ts";
import type { ApplyImportRequest, GetImportRequest } from "#gen/billing/pricing/v1/price_import_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Selection } from "../domain/feeds/import-editor.ts";
import { changeStateOf, type ImportView, stateOf, viewImport } from "../domain/feeds/import-view.ts";
import type { FeedParts } from "./feed-parts.ts";
import {
  changeKinds,
  changeStates,
  importStates,
  writeImport,
  writeImportChange,
} from "./import-messages.ts";
import { defaultPageSize } from "./prices.ts";
import { contentInvalid } from "./sources.ts";

type ImportHandlers = Required<
  Pick<
    ServiceHandlers<typeof PricingService>,
    "previewImport" | "applyImport" | "listImports" | "getImport" | "rejectImport" | "rollbackImport"
  >
>;

/** Conflicts that an answer names. */
const mostConflicts = 1_000;
/** Imports that one page looks at. */
const scannedImports = 500;

/** Handlers of imports. */
export function importHandlers(parts: FeedParts, pageTokens: PageTokens): ImportHandlers {
  const { catalogue, imports, editor, sources, reader } = parts;
  const view = (importId: string) => viewImport(catalogue, imports, importId);
  /** One decision about a source at a time. */
  const decide = async <T>(importId: string, work: () => Promise<T>): Promise<T> => {
    const { record } = await view(importId);
    return reader.inTurn(record.sourceId, work);
  };
  return {
    async previewImport({ sourceId, content, pageSize }, { caller, signal }) {
      const { value: source } = await sources.require(sourceId);
      if (source.settings.location.kind === "upload" && content.length === 0)
        throw contentInvalid("is needed by a source that is uploaded");
      const importId = await reader.preview(source, {
        uploaded: content,
        ignoreVersion: true,
        trigger: "preview",
        subject: caller.subject,
        signal,
      });
      const found = await view(importId);
      const page = await changesPage(parts, pageTokens, found, { importId, pageSize });
      return { import: writeImport(found), ...page };
    },
    async applyImport(request, { caller }) {
      const { importId, approveHeld, effectiveFrom, comment } = request;
      const decider = { subject: caller.subject, comment };
      const outcome = await decide(importId, () =>
        editor.apply(
          importId,
          readSelection(request.selection),
          approveHeld,
          effectiveFrom && timestampMs(effectiveFrom),
          decider,
        ),
      );
      return {
        import: writeImport(await view(importId)),
        appliedCount: outcome.changedCount,
        conflictPriceIds: outcome.conflictPriceIds.slice(0, mostConflicts),
      };
    },
    async listImports({ sourceId, state, pageSize, pageToken }) {
      const filterTexts = ["ListImports", sourceId, state];
      const before = pageTokens.decode(filterTexts, pageToken) as string | undefined;
      const ids = await imports.listIds(before, scannedImports);
      const found: ImportView[] = [];
      const gone: string[] = [];
      const size = pageSize === 0 ? defaultPageSize : pageSize;
      let last: string | undefined;
      for (const importId of ids) {
        if (found.length === size) break;
        last = importId;
        if ((await imports.read(importId)) === undefined) {
          gone.push(importId);
          continue;
        }
        const each = await view(importId);
        if (sourceId !== "" && each.record.sourceId !== sourceId) continue;
        if (state !== ImportState.UNSPECIFIED && importStates[stateOf(each)] !== state) continue;
        found.push(each);
      }
      await imports.forget(gone);
      const isEnd = last === undefined || (last === ids.at(-1) && ids.length < scannedImports);
      return {
        imports: found.map(writeImport),
        nextPageToken: isEnd ? "" : pageTokens.encode(filterTexts, last),
      };
    },
    async getImport(request) {
      const found = await view(request.importId);
      return { import: writeImport(found), ...(await changesPage(parts, pageTokens, found, request)) };
    },
    async rejectImport({ importId, selection, comment }, { caller }) {
      const decider = { subject: caller.subject, comment };
      await decide(importId, () => editor.reject(importId, readSelection(selection), decider));
      return { import: writeImport(await view(importId)) };
    },
    async rollbackImport({ importId, comment }, { caller }) {
      const outcome = await decide(importId, () =>
        editor.rollback(importId, { subject: caller.subject, comment }),
      );
      return {
        import: writeImport(await view(importId)),
        restoredCount: outcome.changedCount,
        conflictPriceIds: outcome.conflictPriceIds.slice(0, mostConflicts),
      };
    },
  };
}

function readSelection(selection: ApplyImportRequest["selection"]): Selection {
  if (selection.case === undefined) throw invalidField("selection", "is required");
  return selection.case === "all" ? { kind: "all" } : { kind: "chosen", priceIds: selection.value.priceIds };
}

type ChangesFilter = Pick<GetImportRequest, "importId"> & Partial<GetImportRequest>;

/** A page of the changes that pass the filters. */
async function changesPage(
  { imports }: FeedParts,
  pageTokens: PageTokens,
  view: ImportView,
  filter: ChangesFilter,
) {
  const { importId, kind = ImportChangeKind.UNSPECIFIED, state = ImportChangeState.UNSPECIFIED } = filter;
  const { heldOnly = false, query = "", pageSize = 0, pageToken = "" } = filter;
  const filterTexts = ["GetImport", importId, kind, state, heldOnly, query];
  const from = (pageTokens.decode(filterTexts, pageToken) as number | undefined) ?? 0;
  const size = pageSize === 0 ? defaultPageSize : pageSize;
  const positions: number[] = [];
  let next: number | undefined;
  for (let position = from; position < view.summaries.length; position++) {
    const { priceId, kind: own, isHeld } = view.summaries[position]!;
    if (kind !== ImportChangeKind.UNSPECIFIED && changeKinds[own] !== kind) continue;
    if (state !== ImportChangeState.UNSPECIFIED && changeStates[changeStateOf(view, position)] !== state)
      continue;
    if (heldOnly && !isHeld) continue;
    if (query !== "" && !priceId.toLowerCase().includes(query.toLowerCase())) continue;
    if (positions.length === size) {
      next = position;
      break;
    }
    positions.push(position);
  }
  const changes = await imports.readChanges(importId, positions);
  return {
    changes: changes.map((change, index) => writeImportChange(change, view, positions[index]!)),
    nextPageToken: next === undefined ? "" : pageTokens.encode(filterTexts, next),
  };
}

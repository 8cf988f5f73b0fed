import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ImportChangeKind,
  type ImportChangeSchema,
  ImportChangeState,
  ImportHoldReason,
  ImportSkipReason,
  ImportState as ImportStateMessage,
  ImportTrigger as ImportTriggerMessage,
  type PriceImportSchema,
} from "#gen/billing/pricing/v1/price_import_pb.ts";
import type { SkipReason } from "../domain/feeds/feed-record.ts";
import { changeStateOf, type ImportState, type ImportView, stateOf } from "../domain/feeds/import-view.ts";
import type {
  ChangeKind,
  ChangeState,
  HoldReason,
  ImportChange,
  ImportTrigger,
} from "../domain/feeds/records.ts";
import { writeTerms } from "./write-terms.ts";

/** Every state of an import. */
export const importStates: Readonly<Record<ImportState, ImportStateMessage>> = {
  pending: ImportStateMessage.PENDING,
  partially_applied: ImportStateMessage.PARTIALLY_APPLIED,
  applied: ImportStateMessage.APPLIED,
  rejected: ImportStateMessage.REJECTED,
  rolled_back: ImportStateMessage.ROLLED_BACK,
  unchanged: ImportStateMessage.UNCHANGED,
  failed: ImportStateMessage.FAILED,
  superseded: ImportStateMessage.SUPERSEDED,
};

const triggers: Readonly<Record<ImportTrigger, ImportTriggerMessage>> = {
  preview: ImportTriggerMessage.PREVIEW,
  sync: ImportTriggerMessage.SYNC,
  schedule: ImportTriggerMessage.SCHEDULE,
};

/** Every kind of change. */
export const changeKinds: Readonly<Record<ChangeKind, ImportChangeKind>> = {
  new: ImportChangeKind.NEW,
  changed: ImportChangeKind.CHANGED,
  removed: ImportChangeKind.REMOVED,
  unchanged: ImportChangeKind.UNCHANGED,
  skipped: ImportChangeKind.SKIPPED,
};

/** Every state of a change. */
export const changeStates: Readonly<Record<ChangeState, ImportChangeState>> = {
  nothing: ImportChangeState.UNSPECIFIED,
  pending: ImportChangeState.PENDING,
  applied: ImportChangeState.APPLIED,
  rejected: ImportChangeState.REJECTED,
  conflict: ImportChangeState.CONFLICT,
  rolled_back: ImportChangeState.ROLLED_BACK,
  superseded: ImportChangeState.SUPERSEDED,
};

const holdReasons: Readonly<Record<HoldReason, ImportHoldReason>> = {
  change_factor: ImportHoldReason.CHANGE_FACTOR,
  mass_removal: ImportHoldReason.MASS_REMOVAL,
  zero_price: ImportHoldReason.ZERO_PRICE,
  component_removed: ImportHoldReason.COMPONENT_REMOVED,
};

const skipReasons: Readonly<Record<SkipReason, ImportSkipReason>> = {
  not_a_price: ImportSkipReason.NOT_A_PRICE,
  unpriced: ImportSkipReason.UNPRICED,
  variable_price: ImportSkipReason.VARIABLE_PRICE,
  id_invalid: ImportSkipReason.ID_INVALID,
  value_invalid: ImportSkipReason.VALUE_INVALID,
  key_unknown: ImportSkipReason.KEY_UNKNOWN,
  contradictory: ImportSkipReason.CONTRADICTORY,
  duplicate: ImportSkipReason.DUPLICATE,
  filtered: ImportSkipReason.FILTERED,
  pinned: ImportSkipReason.PINNED,
  other_source: ImportSkipReason.OTHER_SOURCE,
  kept: ImportSkipReason.KEPT,
};

/** An import with its counts. */
export function writeImport(view: ImportView): MessageInitShape<typeof PriceImportSchema> {
  const { record, decision } = view;
  return {
    importId: record.importId,
    sourceId: record.sourceId,
    state: importStates[stateOf(view)],
    trigger: triggers[record.trigger],
    counts: countsOf(view),
    errorReason: record.errorReason,
    errorMessage: record.errorMessage,
    contentSha256: record.contentSha256,
    contentBytes: BigInt(record.contentBytes),
    createdAt: timestampFromMs(record.createdAtMs),
    ...(decision === undefined ? {} : { decidedAt: timestampFromMs(decision.value.decidedAtMs) }),
    decidedBy: decision?.value.decidedBy ?? "",
    comment: decision?.value.comment ?? "",
  };
}

function countsOf(view: ImportView): NonNullable<MessageInitShape<typeof PriceImportSchema>["counts"]> {
  const kinds = { new: 0, changed: 0, removed: 0, unchanged: 0, skipped: 0 };
  const states = { pending: 0, applied: 0, conflict: 0 };
  let heldCount = 0;
  for (const [position, { kind, isHeld }] of view.summaries.entries()) {
    kinds[kind] += 1;
    if (isHeld) heldCount += 1;
    const state = changeStateOf(view, position);
    if (state === "pending" || state === "applied" || state === "conflict") states[state] += 1;
  }
  return {
    newCount: kinds.new,
    changedCount: kinds.changed,
    removedCount: kinds.removed,
    unchangedCount: kinds.unchanged,
    skippedCount: kinds.skipped,
    heldCount,
    pendingCount: states.pending,
    appliedCount: states.applied,
    conflictCount: states.conflict,
  };
}

/** A change with what became of it. */
export function writeImportChange(
  change: ImportChange,
  view: ImportView,
  position: number,
): MessageInitShape<typeof ImportChangeSchema> {
  const { before, after, skipReason } = change;
  return {
    priceId: change.priceId,
    kind: changeKinds[change.kind],
    state: changeStates[changeStateOf(view, position)],
    holdReasons: change.holdReasons.map((reason) => holdReasons[reason]),
    skipReason: skipReason === undefined ? ImportSkipReason.UNSPECIFIED : skipReasons[skipReason],
    detail: change.detail,
    displayName: change.displayName,
    provider: change.provider,
    mode: change.mode,
    ...(before === undefined ? {} : { before: writeTerms(before) }),
    ...(after === undefined ? {} : { after: writeTerms(after) }),
    amounts: change.amounts.map((amount) => ({ ...amount })),
    largestFactor: change.largestFactor,
    beforeVersion: change.beforeVersion,
    appliedVersion: view.decision?.value.madeVersions[String(position)] ?? "",
  };
}

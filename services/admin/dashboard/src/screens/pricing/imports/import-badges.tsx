import {
  ImportChangeKind,
  ImportChangeKindSchema,
  ImportChangeState,
  ImportChangeStateSchema,
  ImportHoldReason,
  ImportState,
  ImportStateSchema,
} from "#gen/billing/pricing/v1/price_import_pb.ts";
import { enumText } from "../../../data/enum-text.ts";
import { Badge, type Tone } from "../../../design/badge.tsx";
import type { IconName } from "../../../design/icon.tsx";

type Look = readonly [tone: Tone, icon?: IconName];

function looked(look: Look | undefined, text: string) {
  const [tone = "neutral", icon] = look ?? [];
  return (
    <Badge tone={tone} {...(icon && { icon })}>
      {text}
    </Badge>
  );
}

const importLooks: Readonly<Partial<Record<ImportState, Look>>> = {
  [ImportState.PENDING]: ["warning", "clock"],
  [ImportState.PARTIALLY_APPLIED]: ["warning", "clock"],
  [ImportState.APPLIED]: ["good"],
  [ImportState.FAILED]: ["danger"],
  [ImportState.ROLLED_BACK]: ["neutral", "refund"],
};

/** How far an import is. */
export function ImportBadge({ state }: { state: ImportState }) {
  return looked(
    importLooks[state],
    state === ImportState.PENDING ? "Awaits approval" : enumText(ImportStateSchema, state),
  );
}

const kindLooks: Readonly<Partial<Record<ImportChangeKind, Look>>> = {
  [ImportChangeKind.NEW]: ["good", "plus"],
  [ImportChangeKind.CHANGED]: ["info", "edit"],
  [ImportChangeKind.REMOVED]: ["warning", "minus"],
};

/** What kind of change. */
export function ChangeKindBadge({ kind }: { kind: ImportChangeKind }) {
  return looked(kindLooks[kind], enumText(ImportChangeKindSchema, kind));
}

const changeLooks: Readonly<Partial<Record<ImportChangeState, Look>>> = {
  [ImportChangeState.PENDING]: ["warning", "clock"],
  [ImportChangeState.APPLIED]: ["good"],
  [ImportChangeState.CONFLICT]: ["danger"],
};

/** What became of a change; nothing for what needs no decision. */
export function ChangeStateBadge({ state }: { state: ImportChangeState }) {
  if (state === ImportChangeState.UNSPECIFIED) return <span className="soft">–</span>;
  return looked(
    changeLooks[state],
    state === ImportChangeState.PENDING ? "Waits" : enumText(ImportChangeStateSchema, state),
  );
}

/** Why the guard holds a change, in words. */
export const holdTexts: Readonly<Record<ImportHoldReason, string>> = {
  [ImportHoldReason.UNSPECIFIED]: "Held",
  [ImportHoldReason.CHANGE_FACTOR]: "Changes much",
  [ImportHoldReason.MASS_REMOVAL]: "Many gone at once",
  [ImportHoldReason.ZERO_PRICE]: "Becomes free",
  [ImportHoldReason.COMPONENT_REMOVED]: "A part is gone",
};

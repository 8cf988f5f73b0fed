import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AuditEntry as AuditEntryMessage,
  AuditEntrySchema,
  AuditFaultKind,
  AuditFaultSchema,
  AuditResult,
} from "#gen/billing/admin/v1/audit_pb.ts";
import type * as domain from "../domain/audit/audit-entry.ts";
import type * as verifier from "../domain/audit/audit-verifier.ts";
import { toActorMessage } from "./actor-message.ts";

const resultNumbers: Readonly<Record<domain.AuditResult, AuditResult>> = {
  succeeded: AuditResult.SUCCEEDED,
  refused: AuditResult.REFUSED,
  failed: AuditResult.FAILED,
  unknown: AuditResult.UNKNOWN,
};
const resultNames = new Map(
  Object.entries(resultNumbers).map(([name, number]) => [number, name as domain.AuditResult]),
);

const faultKinds: Readonly<Record<verifier.AuditFaultKind, AuditFaultKind>> = {
  hmac_wrong: AuditFaultKind.HMAC_WRONG,
  chain_broken: AuditFaultKind.CHAIN_BROKEN,
  entry_missing: AuditFaultKind.ENTRY_MISSING,
  content_altered: AuditFaultKind.CONTENT_ALTERED,
  head_differs: AuditFaultKind.HEAD_DIFFERS,
  key_unknown: AuditFaultKind.KEY_UNKNOWN,
};

/** The result that a filter asks for; undefined for any. */
export function toAuditResult(result: AuditResult): domain.AuditResult | undefined {
  return resultNames.get(result);
}

/** An entry as the contract has it. */
export function toAuditEntryMessage(entry: domain.AuditEntry): AuditEntryMessage {
  const { sequence, atMs, actor, result, erasedBy, ...texts } = entry;
  return create(AuditEntrySchema, {
    ...texts,
    sequence: BigInt(sequence),
    at: timestampFromMs(atMs),
    actor: toActorMessage(actor),
    result: resultNumbers[result],
    erased: erasedBy !== undefined,
  });
}

export function toAuditFaultMessage({ sequence, kind, description }: verifier.AuditFault) {
  return create(AuditFaultSchema, { sequence: BigInt(sequence), kind: faultKinds[kind], description });
}

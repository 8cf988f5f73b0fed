import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { ExportAuditLogRequest, ListAuditLogRequest } from "#gen/billing/admin/v1/audit_rpc_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import { defaultPageSize } from "#platform/paging/page.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { AuditKeys } from "../domain/audit/audit-keys.ts";
import { type AuditFilter, exportAuditEntries, listAuditEntries } from "../domain/audit/audit-reader.ts";
import { type KnownEntry, verifyAuditLog } from "../domain/audit/audit-verifier.ts";
import type { AuditStore } from "../store/audit-store.ts";
import { toAuditEntryMessage, toAuditFaultMessage, toAuditResult } from "./audit-message.ts";

/** What the handlers work with. */
export interface AuditParts {
  readonly auditStore: AuditStore;
  readonly auditKeys: AuditKeys;
  readonly pageTokens: PageTokens;
}

export function auditHandlers({ auditStore, auditKeys, pageTokens }: AuditParts) {
  return {
    listAuditLog: async (request) => {
      const filter = toFilter(request);
      const described = ["audit-log", filter];
      const before = pageTokens.decode(described, request.pageToken) as number | undefined;
      const limit = request.pageSize || defaultPageSize;
      const page = await listAuditEntries(auditStore, filter, limit, before);
      return {
        entries: page.entries.map(toAuditEntryMessage),
        nextPageToken: page.before === undefined ? "" : pageTokens.encode(described, page.before),
      };
    },
    async *exportAuditLog(request) {
      const head = await auditStore.readHead();
      const facts = { headSequence: BigInt(head.sequence), headHmac: hmacOf(head) };
      for await (const entries of exportAuditEntries(auditStore, toExport(request), head))
        yield { ...facts, entries: entries.map(toAuditEntryMessage) };
      yield { ...facts, complete: true };
    },
    verifyAuditLog: async (request) => {
      const range = {
        fromSequence: toSequence(request.fromSequence),
        toSequence: toSequence(request.toSequence),
      };
      const known = toKnown(toSequence(request.knownSequence), request.knownHmac);
      const { fault, head, ...found } = await verifyAuditLog(
        { store: auditStore, keys: auditKeys },
        range,
        known,
      );
      return {
        valid: fault === undefined,
        ...optional("firstFault", fault, toAuditFaultMessage),
        checkedCount: BigInt(found.checkedCount),
        lastCheckedSequence: BigInt(found.lastCheckedSequence),
        nextSequence: BigInt(found.nextSequence),
        headSequence: BigInt(head.sequence),
        headHmac: hmacOf(head),
      };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}

function toFilter(request: ListAuditLogRequest): AuditFilter {
  const { actorKeyId, actorSubject, actionPrefix, targetType, targetId, accountId, requestId } = request;
  return {
    actorKeyId,
    actorSubject,
    actionPrefix,
    targetType,
    targetId,
    accountId,
    requestId,
    result: toAuditResult(request.result),
    ...toTimes(request),
  };
}

function toExport(request: ExportAuditLogRequest) {
  return {
    fromSequence: toSequence(request.fromSequence),
    toSequence: toSequence(request.toSequence),
    accountId: request.accountId,
    ...toTimes(request),
  };
}

function toTimes({ startTime, endTime }: Pick<ListAuditLogRequest, "startTime" | "endTime">) {
  const startMs = startTime && timestampMs(startTime);
  const endMs = endTime && timestampMs(endTime);
  if (startMs !== undefined && endMs !== undefined && endMs < startMs)
    throw invalidField("end_time", "lies before start_time");
  return { startMs, endMs };
}

/** Numbers beyond any log's end are all alike. */
function toSequence(sequence: bigint): number {
  return Number(sequence > maxSequence ? maxSequence : sequence);
}
const maxSequence = 999_999_999_999_999n;

function toKnown(sequence: number, hmac: string): KnownEntry | undefined {
  if (sequence === 0 && hmac === "") return undefined;
  if (sequence === 0) throw invalidField("known_sequence", "known_hmac needs it");
  if (hmac === "") throw invalidField("known_hmac", "known_sequence needs it");
  return { sequence, hmac };
}

/** HMAC of the newest entry; empty for an empty log. */
function hmacOf(head: { readonly sequence: number; readonly hmac: string }): string {
  return head.sequence === 0 ? "" : head.hmac;
}

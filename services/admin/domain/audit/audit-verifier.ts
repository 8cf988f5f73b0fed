import type { AuditCut, AuditHead, AuditStore, StoredAuditEntry } from "../../store/audit-store.ts";
import { AdminError } from "../admin-error.ts";
import { archiveAction, isArchiveOf } from "./archive-action.ts";
import { digestOfContent, sha256Of } from "./audit-content.ts";
import type { AuditEntry } from "./audit-entry.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { eraseAction } from "./erase-action.ts";
import { openEntry } from "./sealed-entry.ts";

export const auditFaultKinds = [
  "hmac_wrong",
  "chain_broken",
  "entry_missing",
  "content_altered",
  "head_differs",
  "key_unknown",
] as const;
export type AuditFaultKind = (typeof auditFaultKinds)[number];

/** The first entry that is not as it was written. */
export interface AuditFault {
  readonly sequence: number;
  readonly kind: AuditFaultKind;
  readonly description: string;
}

/** Which entries to check; 0 means from the first that was not archived, or to the newest. */
export interface AuditRange {
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** An entry that the caller knows, for example from the log of the process. */
export interface KnownEntry {
  readonly sequence: number;
  readonly hmac: string;
}

/** What a check found. */
export interface AuditVerification {
  /** Undefined if every entry is as it was written. */
  readonly fault: AuditFault | undefined;
  readonly checkedCount: number;
  readonly lastCheckedSequence: number;
  /** Where to go on; 0 if all was checked or a fault was found. */
  readonly nextSequence: number;
  readonly head: AuditHead;
}

/** Entries that one call checks. */
const mostChecked = 100_000;
const readAtOnce = 500;

interface Parts {
  readonly store: Pick<AuditStore, "read">;
  readonly keys: AuditKeys;
}

/**
 * Checks entries against their HMACs, their chain and their contents, and stops at the first fault.
 *
 * @throws AdminError AUDIT_SEQUENCE_NOT_FOUND if the range lies beyond the log.
 */
export async function verifyAuditLog(
  parts: Parts & { readonly store: Pick<AuditStore, "read" | "readHead" | "readCut"> },
  range: AuditRange,
  known: KnownEntry | undefined,
  limit: number = mostChecked,
): Promise<AuditVerification> {
  const [head, cut] = await Promise.all([parts.store.readHead(), parts.store.readCut()]);
  const first = range.fromSequence || cut.sequence + 1;
  const last = range.toSequence || head.sequence;
  if (head.sequence > 0 || range.fromSequence > 0 || range.toSequence > 0)
    requireRange(first, last, head, cut);
  const to = Math.min(last, first + limit - 1);

  const early = (known && (await checkKnown(parts, known, head, cut))) ?? (await checkCut(parts, cut));
  if (early !== undefined)
    return { fault: early, checkedCount: 0, lastCheckedSequence: 0, nextSequence: 0, head };

  let previousHmac = await hmacBefore(parts, first, cut);
  for (let from = first; from <= to; from += readAtOnce) {
    for (const stored of await parts.store.read(from, Math.min(to, from + readAtOnce - 1))) {
      const { sequence } = stored;
      const fault = (await checkEntry(parts, stored, previousHmac)) ?? checkHead(stored, head);
      if (fault !== undefined) {
        const checkedCount = sequence - first + 1;
        return { fault, checkedCount, lastCheckedSequence: sequence, nextSequence: 0, head };
      }
      previousHmac = openEntry(stored)?.entry.hmac ?? "";
    }
  }
  return {
    fault: undefined,
    checkedCount: Math.max(0, to - first + 1),
    lastCheckedSequence: Math.max(0, to),
    nextSequence: to < last ? to + 1 : 0,
    head,
  };
}

/** @throws AdminError AUDIT_SEQUENCE_NOT_FOUND unless both lie in the log, in this order. */
export function requireRange(first: number, last: number, head: AuditHead, cut: AuditCut): void {
  for (const sequence of [first, last]) {
    if (sequence > cut.sequence && sequence <= head.sequence && first <= last) continue;
    const why = sequence > cut.sequence ? "has no entry" : "has archived its entry";
    throw new AdminError("AUDIT_SEQUENCE_NOT_FOUND", `the audit log ${why} ${sequence}`, {
      metadata: { sequence: String(sequence), head_sequence: String(head.sequence) },
    });
  }
}

async function hmacBefore({ store }: Parts, first: number, cut: AuditCut): Promise<string> {
  if (first === cut.sequence + 1) return cut.hmac;
  const [before] = await store.read(first - 1, first - 1);
  return (before && openEntry(before)?.entry.hmac) ?? "";
}

/** Whoever cuts the log without archiving it cannot write the entry that vouches for the cut. */
async function checkCut({ store, keys }: Parts, cut: AuditCut): Promise<AuditFault | undefined> {
  if (cut.sequence === 0) return undefined;
  const entry = await readGenuine({ store, keys }, cut.vouchedBy);
  if (entry !== undefined && entry.action === archiveAction && isArchiveOf(entry.afterJson, cut))
    return undefined;
  const description = "the entries before it are gone, and no entry tells that they were archived";
  return { sequence: cut.sequence + 1, kind: "entry_missing", description };
}

/** Checks one entry by itself and against the one before. */
export async function checkEntry(
  parts: Parts,
  stored: StoredAuditEntry,
  previousHmac: string,
): Promise<AuditFault | undefined> {
  const { sequence } = stored;
  const fault = (kind: AuditFaultKind, description: string) => ({ sequence, kind, description });
  if (stored.sealed === undefined) return fault("entry_missing", "the entry is missing");
  const opened = openEntry(stored);
  if (opened === undefined) return fault("hmac_wrong", "the entry cannot be read");
  const { entry, covered } = opened;
  const key = parts.keys.find(entry.hmacKeyId);
  if (key === undefined)
    return fault("key_unknown", `the key ${entry.hmacKeyId} of its HMAC is not configured`);
  if (key.sign(covered) !== entry.hmac) return fault("hmac_wrong", "its HMAC does not fit its contents");
  if (entry.sequence !== sequence)
    return fault("chain_broken", `it was written as entry ${entry.sequence} and stands in another place`);
  if (entry.previousHmac !== previousHmac)
    return fault("chain_broken", "it does not name the HMAC of the entry before");
  const altered =
    sha256Of(entry.beforeJson) !== entry.beforeSha256 || sha256Of(entry.afterJson) !== entry.afterSha256;
  if (!altered) return undefined;
  if (entry.erasedBy !== undefined && (await isErasure(parts, entry.erasedBy, entry))) return undefined;
  return fault("content_altered", "its JSON does not fit its hash, and no entry tells of its erasure");
}

/** Whether another entry, itself as it was written, tells that this is what an erasure left of it. */
async function isErasure(parts: Parts, erasedBy: number, erased: AuditEntry): Promise<boolean> {
  const entry = await readGenuine(parts, erasedBy);
  if (entry?.action !== eraseAction || entry.accountId !== erased.accountId) return false;
  const { erased: digests = {} } = JSON.parse(entry.afterJson) as { erased?: Record<string, string> };
  const left = { before: erased.beforeJson, after: erased.afterJson };
  return digests[erased.sequence] === digestOfContent(left);
}

/** An entry that is itself as it was written; undefined if there is no such entry. */
async function readGenuine({ store, keys }: Parts, sequence: number): Promise<AuditEntry | undefined> {
  const [stored] = await store.read(sequence, sequence);
  const opened = stored && openEntry(stored);
  if (opened === undefined) return undefined;
  const { entry, covered } = opened;
  const isGenuine =
    keys.find(entry.hmacKeyId)?.sign(covered) === entry.hmac &&
    entry.sequence === sequence &&
    sha256Of(entry.afterJson) === entry.afterSha256;
  return isGenuine ? entry : undefined;
}

/** The head must be the newest entry. */
function checkHead(stored: StoredAuditEntry, head: AuditHead): AuditFault | undefined {
  if (stored.sequence !== head.sequence || openEntry(stored)?.entry.hmac === head.hmac) return undefined;
  return {
    sequence: stored.sequence,
    kind: "chain_broken",
    description: "the head of the log names another HMAC",
  };
}

async function checkKnown(
  { store }: Parts,
  { sequence, hmac }: KnownEntry,
  head: AuditHead,
  cut: AuditCut,
): Promise<AuditFault | undefined> {
  if (sequence === cut.sequence && hmac === cut.hmac) return undefined;
  if (sequence <= cut.sequence) requireRange(sequence, sequence, head, cut);
  const [stored] = sequence > head.sequence ? [] : await store.read(sequence, sequence);
  if (stored !== undefined && openEntry(stored)?.entry.hmac === hmac) return undefined;
  const description =
    sequence > head.sequence
      ? `the log ends at ${head.sequence}, before the entry that the caller knows`
      : "it is not the entry that the caller knows under this number";
  return { sequence, kind: "head_differs", description };
}

import { randomUUID } from "node:crypto";
import { type AuditStore, archivedAtOnce, type StoredAuditEntry } from "../../store/audit-store.ts";
import { systemActor } from "../access/actor.ts";
import { type ArchiveFacts, archiveAction } from "./archive-action.ts";
import type { AuditKeys } from "./audit-keys.ts";
import type { AuditLog } from "./audit-log.ts";
import { lastBefore } from "./audit-reader.ts";
import { type AuditFault, checkEntry, verifyAuditLog } from "./audit-verifier.ts";
import { eraseAction } from "./erase-action.ts";
import { openEntry } from "./sealed-entry.ts";

/** What archiving works with. */
export interface ArchiveParts {
  readonly store: AuditStore;
  readonly keys: AuditKeys;
  readonly auditLog: Pick<AuditLog, "append">;
}

/** The first line of an archive: what its entries are. The others are an entry each. */
export interface ArchiveHead {
  readonly format: "holdfast audit archive 1";
  readonly fromSequence: number;
  readonly toSequence: number;
  /** The HMAC that the first entry names; the last one of the archive before. */
  readonly previousHmac: string;
}

const readAtOnce = 500;

/**
 * Moves entries that are older than a time into an archive: they are verified, written, told of by an entry of their
 * own that vouches for the cut, and only then taken away. Entries go by the thousand, so that up to 999 older ones stay.
 *
 * @param write writes the lines so that they last, and gives the digest of the file.
 * @returns what was archived; undefined if there was nothing to archive.
 * @throws Error if an entry is not as it was written: that has to be looked into first.
 */
export async function archiveEntries(
  { store, keys, auditLog }: ArchiveParts,
  beforeMs: number,
  reason: string,
  write: (lines: AsyncIterable<string>) => Promise<string>,
): Promise<ArchiveFacts | undefined> {
  const [head, cut] = await Promise.all([store.readHead(), store.readCut()]);
  const older = await lastBefore(store, head, beforeMs);
  const toSequence = older - (older % archivedAtOnce);
  if (toSequence <= cut.sequence) return undefined;
  const fromSequence = cut.sequence + 1;
  for (let from = fromSequence; from > 0 && from <= toSequence; ) {
    const { fault, nextSequence } = await verifyAuditLog(
      { store, keys },
      { fromSequence: from, toSequence },
      undefined,
    );
    if (fault !== undefined) throw new Error(`entry ${fault.sequence}: ${fault.kind}: ${fault.description}`);
    from = nextSequence;
  }
  const [last] = await store.read(toSequence, toSequence);
  const hmac = (last && openEntry(last)?.entry.hmac) ?? "";
  const archive = {
    format: "holdfast audit archive 1",
    fromSequence,
    toSequence,
    previousHmac: cut.hmac,
  } as const;
  const fileSha256 = await write(linesOf(store, archive));
  const facts: ArchiveFacts = {
    from_sequence: fromSequence,
    to_sequence: toSequence,
    hmac,
    file_sha256: fileSha256,
  };
  const vouchedBy = await auditLog.append(
    {
      actor: systemActor,
      action: archiveAction,
      targetType: "audit_log",
      targetId: "",
      accountId: "",
      reason,
      requestId: randomUUID(),
      address: "",
    },
    { result: "succeeded", errorReason: "", after: facts },
  );
  await store.cut({ sequence: toSequence, hmac, vouchedBy });
  return facts;
}

async function* linesOf(store: AuditStore, archive: ArchiveHead): AsyncGenerator<string> {
  yield `${JSON.stringify(archive)}\n`;
  const { fromSequence, toSequence } = archive;
  for (let from = fromSequence; from <= toSequence; from += readAtOnce)
    for (const entry of await store.read(from, Math.min(toSequence, from + readAtOnce - 1)))
      yield `${JSON.stringify(entry)}\n`;
}

/** What a check of an archive found. */
export interface ArchiveVerification {
  readonly head: ArchiveHead;
  /** Undefined if every entry is as it was written. */
  readonly fault: AuditFault | undefined;
  /** HMAC of the last entry, which the next archive or the log itself goes on from. */
  readonly lastHmac: string;
}

/**
 * Checks an archive by itself. Erasures are told of by later entries: by those of the archive, and beyond it by the
 * log's.
 *
 * @param readLines gives the lines from the first on; read twice.
 * @throws Error if it is no archive.
 */
export async function verifyArchive(
  { store, keys }: { readonly store: Pick<AuditStore, "read">; readonly keys: AuditKeys },
  readLines: () => AsyncIterable<string>,
): Promise<ArchiveVerification> {
  const erasures = new Map<number, StoredAuditEntry>();
  for await (const line of readLines()) {
    if (!line.includes(eraseAction)) continue;
    const entry = JSON.parse(line) as StoredAuditEntry;
    erasures.set(entry.sequence, entry);
  }
  const parts = {
    keys,
    store: {
      read: async (first: number, last: number) => {
        const archived = erasures.get(first);
        return archived === undefined ? store.read(first, last) : [archived];
      },
    },
  };
  let head: ArchiveHead | undefined;
  let expected = 0;
  let lastHmac = "";
  for await (const line of readLines()) {
    if (head === undefined) {
      head = readHead(line);
      expected = head.fromSequence;
      lastHmac = head.previousHmac;
      continue;
    }
    const entry = { ...(JSON.parse(line) as StoredAuditEntry), sequence: expected };
    const fault = await checkEntry(parts, entry, lastHmac);
    if (fault !== undefined) return { head, fault, lastHmac };
    lastHmac = openEntry(entry)?.entry.hmac ?? "";
    expected += 1;
  }
  if (head === undefined) throw new Error("the file is empty");
  if (expected === head.toSequence + 1) return { head, fault: undefined, lastHmac };
  const description = `the archive says that it goes to entry ${head.toSequence}`;
  return { head, fault: { sequence: expected, kind: "entry_missing", description }, lastHmac };
}

function readHead(line: string): ArchiveHead {
  const head = JSON.parse(line) as Partial<ArchiveHead>;
  if (head.format !== "holdfast audit archive 1") throw new Error("the file is no archive of the audit log");
  return head as ArchiveHead;
}

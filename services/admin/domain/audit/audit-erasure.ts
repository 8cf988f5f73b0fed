import { randomUUID } from "node:crypto";
import type { AuditStore, StoredAuditEntry } from "../../store/audit-store.ts";
import { systemActor } from "../access/actor.ts";
import {
  type AuditContent,
  decodeContent,
  digestOfContent,
  encodeContent,
  erasePersonalData,
} from "./audit-content.ts";
import type { AuditLog } from "./audit-log.ts";
import { eraseAction } from "./erase-action.ts";
import { openEntry } from "./sealed-entry.ts";

/** What erasing works with. */
export interface ErasureParts {
  readonly store: AuditStore;
  readonly auditLog: Pick<AuditLog, "append">;
}

const readAtOnce = 500;
/** Contents that one entry tells of; their digests fit its bounds. */
const erasedAtOnce = 100;

/**
 * Erases personal data of an account from the contents of all entries: the values of its labels. The chain holds,
 * since it covers digests; entries of their own tell of the erasure, with the digests of what is left. Broken off,
 * it is repeated.
 *
 * @returns the number of entries that had such data.
 */
export async function erasePersonalDataOf(
  { store, auditLog }: ErasureParts,
  accountId: string,
  reason: string,
): Promise<number> {
  const requestId = randomUUID();
  const target = { targetType: "account", targetId: accountId, accountId, reason, requestId, address: "" };
  const erase = async (found: readonly Erasable[]) => {
    const erased = Object.fromEntries(found.map(({ sequence, left }) => [sequence, digestOfContent(left)]));
    // First, so that no content is ever missing without an entry that says why.
    const erasedBy = await auditLog.append(
      { actor: systemActor, action: eraseAction, ...target },
      { result: "succeeded", errorReason: "", after: { erased } },
    );
    for (const { sequence, content, left } of found)
      await store.replaceContent(sequence, content, encodeContent({ ...left, erasedBy }));
  };

  let count = 0;
  const [{ sequence: newest }, cut] = await Promise.all([store.readHead(), store.readCut()]);
  for (let from = cut.sequence + 1; from <= newest; from += readAtOnce) {
    const stored = await store.read(from, Math.min(newest, from + readAtOnce - 1));
    const found = stored.flatMap((each) => erasableOf(each, accountId));
    for (let at = 0; at < found.length; at += erasedAtOnce) await erase(found.slice(at, at + erasedAtOnce));
    count += found.length;
  }
  if (count === 0) await erase([]);
  return count;
}

/** An entry whose content has personal data, and what is left without them. */
interface Erasable {
  readonly sequence: number;
  readonly content: string;
  readonly left: AuditContent;
}

function erasableOf(stored: StoredAuditEntry, accountId: string): Erasable[] {
  const { sequence, content } = stored;
  if (content === undefined || openEntry(stored)?.entry.accountId !== accountId) return [];
  const left = erasePersonalData(decodeContent(content));
  return left === undefined ? [] : [{ sequence, content, left }];
}

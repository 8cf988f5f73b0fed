import type { AuditCut, AuditHead, AuditStore, StoredAuditEntry } from "../../store/audit-store.ts";
import type { AuditEntry, AuditResult } from "./audit-entry.ts";
import { requireRange } from "./audit-verifier.ts";
import { openEntry } from "./sealed-entry.ts";

/** Which entries to show; what is empty or undefined means any. */
export interface AuditFilter {
  readonly actorKeyId: string;
  readonly actorSubject: string;
  readonly actionPrefix: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly accountId: string;
  readonly result: AuditResult | undefined;
  readonly requestId: string;
  /** At or after, epoch milliseconds. */
  readonly startMs: number | undefined;
  /** Before. */
  readonly endMs: number | undefined;
}

/** Some entries, newest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** The next page begins below this number; undefined at the end. */
  readonly before: number | undefined;
}

/** What to export. */
export interface AuditExport {
  /** 0 means the first. */
  readonly fromSequence: number;
  /** 0 means the newest. */
  readonly toSequence: number;
  readonly accountId: string;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
}

/** Entries that one call looks at. */
const mostScanned = 5_000;
const readAtOnce = 500;
/** Entries in one message of an export. */
const exportedAtOnce = 100;

/** An entry that cannot be read is left out of lists: VerifyAuditLog names it. */
function readable(stored: readonly StoredAuditEntry[]): AuditEntry[] {
  return stored.flatMap((each) => openEntry(each)?.entry ?? []);
}

/**
 * A page of entries, newest first. It looks at a bounded number of entries, so that it may be empty and still have
 * more after it.
 *
 * @param before only entries below this number; undefined for the first page.
 */
export async function listAuditEntries(
  store: AuditStore,
  filter: AuditFilter,
  limit: number,
  before: number | undefined,
): Promise<AuditPage> {
  const [head, cut] = await Promise.all([store.readHead(), store.readCut()]);
  const newest =
    before === undefined ? await lastBefore(store, head, filter.endMs) : Math.min(before - 1, head.sequence);
  const lowest = Math.max(cut.sequence + 1, newest - mostScanned + 1);
  const entries: AuditEntry[] = [];
  for (let to = newest; to >= lowest; to -= readAtOnce) {
    const found = readable(await store.read(Math.max(lowest, to - readAtOnce + 1), to)).reverse();
    for (const entry of found) {
      // Time never goes back in the log, so nothing further down is younger.
      if (filter.startMs !== undefined && entry.atMs < filter.startMs) return { entries, before: undefined };
      if (!matches(entry, filter)) continue;
      entries.push(entry);
      if (entries.length === limit) return { entries, before: beforeOf(entry.sequence, cut) };
    }
  }
  return { entries, before: beforeOf(lowest, cut) };
}

/** Entries in their order, in groups; the last group is given also when it is empty. */
export async function* exportAuditEntries(
  store: AuditStore,
  asked: AuditExport,
  head: AuditHead,
): AsyncGenerator<readonly AuditEntry[]> {
  const cut = await store.readCut();
  const first = asked.fromSequence || cut.sequence + 1;
  const last = asked.toSequence || head.sequence;
  if (head.sequence > 0 || asked.fromSequence > 0 || asked.toSequence > 0)
    requireRange(first, last, head, cut);
  let group: AuditEntry[] = [];
  for (let from = first; from <= last; from += readAtOnce) {
    for (const entry of readable(await store.read(from, Math.min(last, from + readAtOnce - 1)))) {
      if (!isExported(entry, asked)) continue;
      group.push(entry);
      if (group.length < exportedAtOnce) continue;
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}

function beforeOf(sequence: number, cut: AuditCut): number | undefined {
  return sequence > cut.sequence + 1 ? sequence : undefined;
}

/** The newest entry that was written before a time, by bisection; the head if there is no such time. */
export async function lastBefore(
  store: AuditStore,
  head: AuditHead,
  endMs: number | undefined,
): Promise<number> {
  if (endMs === undefined || head.atMs < endMs) return head.sequence;
  let [low, high] = [(await store.readCut()).sequence, head.sequence];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [stored] = await store.read(middle, middle);
    const atMs = stored === undefined ? undefined : openEntry(stored)?.entry.atMs;
    // One that cannot be read counts as too young, so that the search ends below it or at it.
    if (atMs !== undefined && atMs < endMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

function matches(entry: AuditEntry, filter: AuditFilter): boolean {
  const { actor } = entry;
  const wanted: ReadonlyArray<readonly [wanted: string | undefined, has: string]> = [
    [filter.actorKeyId, actor.keyId],
    [filter.actorSubject, actor.subject],
    [filter.targetType, entry.targetType],
    [filter.targetId, entry.targetId],
    [filter.accountId, entry.accountId],
    [filter.result, entry.result],
    [filter.requestId, entry.requestId],
  ];
  return (
    wanted.every(([value = "", has]) => value === "" || value === has) &&
    entry.action.startsWith(filter.actionPrefix) &&
    (filter.endMs === undefined || entry.atMs < filter.endMs)
  );
}

function isExported(entry: AuditEntry, { accountId, startMs, endMs }: AuditExport): boolean {
  return (
    (accountId === "" || entry.accountId === accountId) &&
    (startMs === undefined || entry.atMs >= startMs) &&
    (endMs === undefined || entry.atMs < endMs)
  );
}

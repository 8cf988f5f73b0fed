import { randomUUID } from "node:crypto";
import { CommonError } from "#platform/errors/common-error.ts";
import { type AuditHead, type AuditStore, emptyHead } from "../../store/audit-store.ts";
import { encodeContent, toCanonicalJson } from "./audit-content.ts";
import {
  type AuditAttempt,
  type AuditFacts,
  type AuditOutcome,
  type AuditResult,
  auditLimits,
} from "./audit-entry.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { sealEntry } from "./sealed-entry.ts";

/** Where everything that operators do is written down. */
export interface AuditLog {
  /**
   * Notes durably that something is about to be done, so that it leaves a trace also if this process dies in its
   * midst; then it is entered with an unknown outcome. Gives the intent's id.
   *
   * @throws CommonError STORE_UNAVAILABLE, OVERLOADED: nothing may be done.
   */
  begin(attempt: AuditAttempt): Promise<string>;
  /**
   * Appends an entry; with it the intent ends. Gives the entry's number.
   *
   * @throws CommonError STORE_UNAVAILABLE.
   */
  append(attempt: AuditAttempt, outcome: AuditOutcome, intentId?: string): Promise<number>;
  /** Enters intents that are older than this with an unknown outcome; gives how many. */
  closeAbandoned(olderThanMs: number): Promise<number>;
}

/** A new entry, for the log of the process: whoever rewrites the audit log cannot rewrite that. */
export interface AuditNotice {
  readonly sequence: number;
  readonly hmac: string;
  readonly action: string;
  readonly actor: string;
  readonly result: AuditResult;
}

/** What the log works with. */
export interface AuditLogOptions {
  readonly store: AuditStore;
  readonly keys: AuditKeys;
  readonly onEntry: (notice: AuditNotice) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** How often other instances may come first. */
const attempts = 100;
/** Entries that may wait for their turn in this process. */
const mostWaiting = 1_000;

interface NewEntry {
  readonly facts: AuditFacts;
  readonly before: string;
  readonly after: string;
  readonly intentId: string;
  readonly onlyIfOpen: boolean;
}

/** The audit log: each entry is chained to the one before by an HMAC, and entries never fork. */
export function createAuditLog({ store, keys, onEntry, now = Date.now }: AuditLogOptions): AuditLog {
  let head: AuditHead = emptyHead;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const appendNow = async (entry: NewEntry): Promise<number | undefined> => {
    const content = { before: entry.before, after: entry.after };
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { sealed, next } = sealEntry(keys.current, head, entry.facts, content);
      const outcome = await appendSurely(store, {
        head,
        next,
        sealed,
        content: encodeContent(content),
        intentId: entry.intentId,
        onlyIfOpen: entry.onlyIfOpen,
      });
      if (outcome === "closed") return undefined;
      if (outcome === "appended") {
        head = next;
        const { action, actor, result } = entry.facts;
        onEntry({ sequence: next.sequence, hmac: next.hmac, action, actor: actor.subject, result });
        return next.sequence;
      }
      head = outcome.movedTo;
    }
    throw new CommonError("OVERLOADED", "the audit log is written by too many at once", {
      retryAfterMs: 500,
    });
  };
  /** One after the other, so that entries of one process do not compete. */
  const inTurn = (entry: NewEntry): Promise<number | undefined> => {
    if (waiting >= mostWaiting)
      throw new CommonError("OVERLOADED", "too many entries wait for the audit log", { retryAfterMs: 500 });
    waiting += 1;
    const turn = last
      .then(() => appendNow(entry))
      .finally(() => {
        waiting -= 1;
      });
    last = turn.catch(() => {});
    return turn;
  };

  return {
    async begin(attempt) {
      const intentId = randomUUID();
      const intent: Intent = { startedAtMs: now(), attempt, before: toCanonicalJson(attempt.before) };
      if (!(await store.begin(intentId, JSON.stringify(intent))))
        throw new CommonError("OVERLOADED", "too many changes are under way", { retryAfterMs: 1_000 });
      return intentId;
    },
    async append(attempt, outcome, intentId = "") {
      const entry = {
        facts: factsOf(attempt, outcome, now()),
        before: toCanonicalJson(outcome.before ?? attempt.before),
        after: toCanonicalJson(outcome.after),
        intentId,
        onlyIfOpen: false,
      };
      return (await inTurn(entry)) as number;
    },
    async closeAbandoned(olderThanMs) {
      let closed = 0;
      for (const [intentId, text] of await store.openIntents()) {
        const { startedAtMs, attempt, before } = JSON.parse(text) as Intent;
        if (now() - startedAtMs < olderThanMs) continue;
        const facts = factsOf(attempt, { result: "unknown", errorReason: "INTERRUPTED" }, now());
        const entry = { facts, before, after: "", intentId, onlyIfOpen: true };
        if ((await inTurn(entry)) !== undefined) closed += 1;
      }
      return closed;
    },
  };
}

/** What is kept of something that is about to be done. */
interface Intent {
  readonly startedAtMs: number;
  readonly attempt: AuditAttempt;
  readonly before: string;
}

/** Repeats an append whose reply was lost; the store knows it again. */
async function appendSurely(store: AuditStore, entry: Parameters<AuditStore["append"]>[0]) {
  try {
    return await store.append(entry);
  } catch (error) {
    if (!(error instanceof CommonError) || error.reason !== "STORE_UNAVAILABLE") throw error;
    return store.append(entry);
  }
}

function factsOf(attempt: AuditAttempt, outcome: AuditOutcome, atMs: number): AuditFacts {
  const { text } = auditLimits;
  const { actor } = attempt;
  return {
    atMs,
    actor: {
      type: actor.type,
      subject: bounded(actor.subject, text.subject),
      keyId: bounded(actor.keyId, text.targetId),
      tokenId: bounded(actor.tokenId, text.targetId),
    },
    action: bounded(attempt.action, text.action),
    targetType: bounded(attempt.targetType, text.targetType),
    targetId: bounded(outcome.targetId ?? attempt.targetId, text.targetId),
    accountId: bounded(outcome.accountId ?? attempt.accountId, text.targetId),
    reason: bounded(attempt.reason, text.reason),
    requestId: bounded(attempt.requestId, text.targetId),
    address: bounded(attempt.address, text.address),
    result: outcome.result,
    errorReason: bounded(outcome.errorReason, text.action),
  };
}

function bounded(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}

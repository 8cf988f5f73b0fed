import { createHash } from "node:crypto";
import type { AdjustmentRecord } from "../../store/adjustment-store.ts";
import type { Actor } from "../access/actor.ts";

export const adjustmentStates = [
  "preview",
  "pending_approval",
  "applying",
  "applied",
  "rejected",
  "expired",
  "failed",
] as const;
export type AdjustmentState = (typeof adjustmentStates)[number];

/** A correction of a balance as callers see it. */
export interface Adjustment {
  /** Empty in a preview. */
  readonly adjustmentId: string;
  readonly accountId: string;
  readonly currencyCode: string;
  /** Signed decimal. */
  readonly amount: string;
  readonly reason: string;
  readonly allowNegative: boolean;
  readonly state: AdjustmentState;
  readonly requestedBy: Actor;
  readonly requestedAtMs: number;
  readonly decidedBy: Actor | undefined;
  readonly decidedAtMs: number | undefined;
  readonly decisionNote: string;
  readonly expiresAtMs: number | undefined;
  readonly transactionId: string;
  /** Undefined if it is not known now. */
  readonly availableBefore: string | undefined;
  readonly availableAfter: string | undefined;
  readonly auditSequence: number;
  readonly error: string;
}

/** A correction as it is asked for. */
export interface AdjustmentRequest {
  readonly accountId: string;
  readonly currencyCode: string;
  /** Signed decimal, not 0, in canonical form. */
  readonly amount: string;
  readonly reason: string;
  readonly allowNegative: boolean;
  readonly idempotencyKey: string;
}

/** The same account and key always make the same adjustment. */
export function adjustmentIdOf({ accountId, idempotencyKey }: AdjustmentRequest): string {
  const digest = createHash("sha256").update(`${accountId}\n${idempotencyKey}`).digest();
  return `adj_${digest.subarray(0, 16).toString("base64url")}`;
}

/** Tells a repeated request from another that uses its key. */
export function fingerprintOf(content: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("base64url");
}

/** Where an adjustment stands now: one that nobody decided in time has ended. */
export function stateOf(
  { state, expiresAtMs }: AdjustmentRecord,
  nowMs: number,
): Exclude<AdjustmentState, "preview"> {
  const isOver = state === "pending_approval" && expiresAtMs !== undefined && nowMs >= expiresAtMs;
  return isOver ? "expired" : state;
}

/** Whether something about it is still to be done: decided, applied, or entered in the audit log. */
export function isOpen({ state, auditOwed }: AdjustmentRecord): boolean {
  return state === "pending_approval" || state === "applying" || auditOwed;
}

/** A kept adjustment as callers see it. */
export function toAdjustment(record: AdjustmentRecord, nowMs: number): Adjustment {
  const { requested, decision } = record;
  const state = stateOf(record, nowMs);
  return {
    adjustmentId: record.adjustmentId,
    accountId: record.accountId,
    currencyCode: record.currencyCode,
    amount: record.amount,
    reason: record.reason,
    allowNegative: record.allowNegative,
    state,
    requestedBy: requested.actor,
    requestedAtMs: record.requestedAtMs,
    decidedBy: decision?.origin.actor,
    decidedAtMs: decision?.atMs,
    decisionNote: decision?.note ?? "",
    expiresAtMs: state === "pending_approval" ? record.expiresAtMs : undefined,
    transactionId: record.transactionId,
    availableBefore: record.availableBefore,
    availableAfter: record.availableAfter,
    auditSequence: record.auditSequence,
    error: record.error,
  };
}

/** Whether two actors are the same holder of a key, or the same subject of tokens. */
export function isSameActor(left: Actor, right: Actor): boolean {
  if (left.keyId !== "" || right.keyId !== "") return left.keyId === right.keyId;
  return left.type === right.type && left.subject === right.subject;
}

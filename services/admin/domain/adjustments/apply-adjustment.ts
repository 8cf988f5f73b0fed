import { Decimal } from "#money/decimal.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { AdjustmentRecord, AdjustmentStore, StoredAdjustment } from "../../store/adjustment-store.ts";
import { outcomeOf } from "../audit/audit-change.ts";
import { isOpen } from "./adjustment.ts";
import type { AdjustmentLedger, BookedAdjustment } from "./adjustment-ledger.ts";

/** What applying needs. */
export interface ApplyParts {
  readonly store: AdjustmentStore;
  readonly ledger: AdjustmentLedger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Billing Core knows a key for at least 48 h. A correction whose outcome is still unknown after half of that is
 * looked up in the account's journal before it is asked for again, so that it is never booked twice.
 */
const sureOfKeyMs = 24 * 60 * 60_000;
/** Clocks of machines may differ by so much. */
const clockMarginMs = 5 * 60_000;

/**
 * Books a correction that stands as APPLYING, and writes down what came of it. It may be repeated at any time, by
 * any process: Billing Core books the same id once.
 *
 * @returns it as it is then: APPLIED.
 * @throws ServiceError of Billing Core: refused, then an approved one is FAILED and another is forgotten, so that it
 *   can be asked for again; or unknown, then it stays as it is.
 */
export async function applyAdjustment(
  parts: ApplyParts,
  stored: StoredAdjustment,
): Promise<StoredAdjustment> {
  let booked: BookedAdjustment;
  try {
    booked = await book(parts, stored.record);
  } catch (error) {
    if (outcomeOf(error).result !== "refused") throw error;
    return settleRefused(parts, stored, error);
  }
  const availableBefore = booked.availableAfter.subtract(Decimal.parse(stored.record.amount));
  return settle(parts, stored, {
    ...stored.record,
    state: "applied",
    transactionId: booked.transactionId,
    availableBefore: availableBefore.toString(),
    availableAfter: booked.availableAfter.toString(),
  });
}

async function book({ ledger, now }: ApplyParts, record: AdjustmentRecord): Promise<BookedAdjustment> {
  const { accountId, adjustmentId, applyingSinceMs = now() } = record;
  if (now() - applyingSinceMs > sureOfKeyMs) {
    const found = await ledger.find(accountId, adjustmentId, applyingSinceMs - clockMarginMs);
    if (found !== undefined) return found;
  }
  return ledger.book(record);
}

/** Writes the end of it, unless another process has. */
async function settle(
  { store }: ApplyParts,
  { version }: StoredAdjustment,
  record: AdjustmentRecord,
): Promise<StoredAdjustment> {
  if ((await store.put(record, version, isOpen(record))) === "written")
    return { version: version + 1, record };
  const present = await store.get(record.adjustmentId);
  if (present?.record.state === record.state) return present;
  throw new Error(`the adjustment ${record.adjustmentId} ended in two ways`);
}

/** @throws the refusal, unless another process had it booked meanwhile. */
async function settleRefused(
  parts: ApplyParts,
  { version, record }: StoredAdjustment,
  refusal: unknown,
): Promise<StoredAdjustment> {
  const { store } = parts;
  // Whoever hears of the refusal enters it.
  const failed: AdjustmentRecord = {
    ...record,
    state: "failed",
    auditOwed: false,
    error: describe(refusal),
  };
  const done = record.approvalRequired
    ? (await store.put(failed, version, isOpen(failed))) === "written"
    : await store.delete(record, version);
  if (!done) {
    const present = await store.get(record.adjustmentId);
    if (present?.record.state === "applied") return present;
  }
  throw refusal;
}

function describe(refusal: unknown): string {
  return refusal instanceof ServiceError ? `${refusal.reason}: ${refusal.message}`.slice(0, 500) : "INTERNAL";
}

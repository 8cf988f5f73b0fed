import { adjustCall } from "../store/calls/adjust.ts";
import { refundCall } from "../store/calls/refund.ts";
import { reverseCreditCall } from "../store/calls/reverse-credit.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { type Balance, balanceAfter } from "./balance.ts";
import { CoreError } from "./core-error.ts";
import { requireInt64, requireSize, toArguments } from "./operation-checks.ts";
import { mostMemoBytes, type Posting } from "./operations.ts";
import { decodeTransactionId } from "./resource-id.ts";
import { type LedgerUnit, type PostingResult, toPostingResult, toUnit } from "./results.ts";
import { runCall } from "./run-call.ts";
import type { Transaction } from "./transaction.ts";

/** A signed correction. */
export interface Adjustment extends Posting {
  readonly accountId: string;
  /** Not 0. */
  readonly amountAtoms: bigint;
  /** Whether spendable may go below zero by it. */
  readonly allowNegative: boolean;
}

/** Money back to the account for a charge, a commit or a capturing expiry. */
export interface Refund extends Posting {
  readonly transactionId: string;
  /** More than 0; undefined for all that is left. */
  readonly amountAtoms: bigint | undefined;
}

/** How much of a credit is reversed in all. */
export interface Reversal extends Posting {
  readonly accountId: string;
  readonly source: string;
  readonly externalReference: string;
  /** From 0 to what was credited. */
  readonly reversedAtoms: bigint;
  /** 1 or more; increases with every change of the caller's knowledge. */
  readonly revision: bigint;
}

/** What a reversal came to. */
export interface ReversalResult {
  /** Undefined when nothing changed. */
  readonly transaction: Transaction | undefined;
  readonly balance: Balance;
  readonly unit: LedgerUnit;
  readonly idempotentReplay: boolean;
  /** Whether a newer revision was known, or this one with another total. */
  readonly superseded: boolean;
}

/** What puts earlier money movements right. Allowed on frozen and closed accounts too. */
export class Corrections {
  readonly #store: LedgerStore;

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  /** Corrects the balance. ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW, IDEMPOTENCY_KEY_REUSED. */
  async adjust(input: Adjustment): Promise<PostingResult> {
    const { accountId, amountAtoms } = input;
    if (amountAtoms === 0n) throw new CoreError("AMOUNT_INVALID", "amount: must not be 0");
    requireInt64(amountAtoms < 0n ? -amountAtoms : amountAtoms);
    const call = adjustCall({ ...input, ...stored(input) });
    return toPostingResult(accountId, await runCall(this.#store, accountId, call));
  }

  /**
   * Gives back, in sum at most what was taken. TRANSACTION_NOT_FOUND, TRANSACTION_NOT_REFUNDABLE,
   * REFUND_EXCEEDS_CHARGE, AMOUNT_OVERFLOW, IDEMPOTENCY_KEY_REUSED.
   */
  async refund(input: Refund): Promise<PostingResult> {
    const reference = decodeTransactionId(input.transactionId);
    if (reference === undefined) throw new CoreError("TRANSACTION_NOT_FOUND", "there is no such transaction");
    const { amountAtoms } = input;
    if (amountAtoms !== undefined) requireInt64(amountAtoms);
    if (amountAtoms === 0n) throw new CoreError("AMOUNT_INVALID", "amount: must be more than 0");
    const call = refundCall({ ...reference, ...stored(input), amountAtoms });
    return toPostingResult(reference.accountId, await runCall(this.#store, reference.accountId, call));
  }

  /**
   * Posts the difference to what was reversed before; an older revision changes nothing. ACCOUNT_NOT_FOUND,
   * REFERENCE_NOT_FOUND, AMOUNT_INVALID (more than credited), AMOUNT_OVERFLOW, IDEMPOTENCY_KEY_REUSED.
   */
  async reverseCredit(input: Reversal): Promise<ReversalResult> {
    const { accountId } = input;
    requireInt64(input.reversedAtoms);
    const call = reverseCreditCall({ ...input, ...stored(input) });
    const reply = await runCall(this.#store, accountId, call);
    if (reply.changed) return { ...toPostingResult(accountId, reply.posting), superseded: false };
    return {
      transaction: undefined,
      balance: balanceAfter(accountId, reply.balanceEntry),
      unit: toUnit(reply),
      idempotentReplay: reply.replayed,
      superseded: reply.superseded,
    };
  }
}

function stored({ idempotency, memo }: Posting) {
  requireSize("memo", memo, mostMemoBytes);
  return { idempotency: toArguments(idempotency), memo };
}

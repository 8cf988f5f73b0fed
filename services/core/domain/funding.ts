import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { atomsFromExact, fromAtoms } from "#money/atoms.ts";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { atomsOfNamedAmount } from "./amount-derivation.ts";
import { CoreError } from "./core-error.ts";
import type { Adjustment, Corrections, Refund, Reversal, ReversalResult } from "./corrections.ts";
import type { Idempotency } from "./idempotency.ts";
import type { Ledger } from "./ledger.ts";
import { decodeMemo, encodeMemo } from "./memo.ts";
import type { LedgerUnit, PostingResult } from "./results.ts";
import type { Transaction } from "./transaction.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** What every correction says. */
interface Request {
  readonly idempotency: Idempotency;
  /** Why. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A signed correction, in the account's currency. */
export interface AdjustmentRequest extends Request, Pick<Adjustment, "accountId" | "allowNegative"> {
  readonly money: Money;
}

/** A refund, in the account's currency or the charge's source currency. */
export interface RefundRequest extends Request, Pick<Refund, "transactionId"> {
  /** Undefined for all that is left. */
  readonly money: Money | undefined;
}

/** The total of a reversal, in the account's currency. */
export interface ReversalRequest
  extends Request,
    Pick<Reversal, "accountId" | "source" | "externalReference" | "revision"> {
  readonly reversedTotal: Money;
}

/** Corrections as their callers name them: amounts are decimals, the reason is kept with the transaction. */
export class Funding {
  readonly #ledger: Ledger;
  readonly #corrections: Corrections;
  readonly #log: TransactionLog;

  constructor(ledger: Ledger, corrections: Corrections, log: TransactionLog) {
    this.#ledger = ledger;
    this.#corrections = corrections;
    this.#log = log;
  }

  async adjust(request: AdjustmentRequest): Promise<PostingResult> {
    const { account } = await this.#ledger.getAccount(request.accountId);
    const amountAtoms = ownAtoms(request.money, account, "amount");
    return this.#corrections.adjust({ ...request, amountAtoms, memo: memoOf(request) });
  }

  async refund(request: RefundRequest): Promise<PostingResult> {
    const { money } = request;
    const amountAtoms = money && (await this.#refundedAtoms(request.transactionId, money));
    return this.#corrections.refund({ ...request, amountAtoms, memo: memoOf(request) });
  }

  async reverseCredit(request: ReversalRequest): Promise<ReversalResult> {
    const { account } = await this.#ledger.getAccount(request.accountId);
    const reversedAtoms = ownAtoms(request.reversedTotal, account, "reversed_total");
    return this.#corrections.reverseCredit({ ...request, reversedAtoms, memo: memoOf(request) });
  }

  async #refundedAtoms(transactionId: string, money: Money): Promise<bigint> {
    const { transaction, unit } = await this.#log.get(transactionId);
    return money.currencyCode === unit.currencyCode
      ? ownAtoms(money, unit, "amount")
      : atomsOfSourceAmount(transaction, money, unit);
  }
}

/**
 * The part of what was booked for the source amount, rounded down; the whole source amount gives back exactly
 * what was taken.
 */
function atomsOfSourceAmount(transaction: Transaction, money: Money, unit: LedgerUnit): bigint {
  const { source } = decodeMemo(transaction.memo);
  if (source?.sourceCurrency !== money.currencyCode) throw currencyMismatch("amount", unit);
  const asked = Decimal.parse(money.amount);
  const whole = Decimal.parse(source.sourceAmount);
  if (asked.isNegative() || whole.isZero())
    throw new CoreError("AMOUNT_INVALID", "amount: must be more than 0");
  const takenAtoms = -transaction.amountAtoms;
  if (asked.compare(whole) === 0) return takenAtoms;
  const booked = Decimal.parse(fromAtoms(takenAtoms + transaction.uncollectedAtoms, unit.ledgerScale));
  const part = Ratio.fromDecimal(booked).multiply(Ratio.fromDecimal(asked)).divide(Ratio.fromDecimal(whole));
  return atomsFromExact(part, unit.ledgerScale, "down");
}

function ownAtoms({ currencyCode, amount }: Money, unit: LedgerUnit, field: string): bigint {
  if (currencyCode !== unit.currencyCode) throw currencyMismatch(field, unit);
  return atomsOfNamedAmount(amount, unit, field);
}

function currencyMismatch(field: string, { currencyCode }: LedgerUnit): CoreError {
  return new CoreError("CURRENCY_MISMATCH", `${field}: must be in ${currencyCode}`, {
    metadata: { currency_code: currencyCode },
  });
}

function memoOf({ reason, metadata }: Request): string {
  return encodeMemo({ description: reason, metadata }, [], undefined);
}

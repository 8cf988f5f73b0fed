import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import {
  type AmountDerivation,
  AmountDerivationSchema,
  ExpiryAction,
  LockedPriceSchema,
  type Reservation,
  ReservationSchema,
  ReservationState,
  SettledBy,
} from "#gen/billing/core/v1/reservation_pb.ts";
import {
  DerivationCheck,
  LegSchema,
  type Transaction,
  TransactionSchema,
  TransactionType,
} from "#gen/billing/core/v1/transaction_pb.ts";
import { MoneySchema } from "#gen/billing/type/v1/money_pb.ts";
import { toWireRoundingMode } from "#money/rounding-mode.ts";
import { type AmountDerivation as DomainDerivation, exactAmountText } from "../domain/amount-derivation.ts";
import type { Explanation } from "../domain/explanation.ts";
import { decodeHoldTerms } from "../domain/hold-terms.ts";
import { decodeMemo, type Memo } from "../domain/memo.ts";
import type * as holds from "../domain/reservation.ts";
import type { LedgerUnit, PostingResult } from "../domain/results.ts";
import type * as journal from "../domain/transaction.ts";
import { toTimestamp } from "./timestamps.ts";
import { toBalanceMessage, toMoney } from "./to-account.ts";

/** A journal entry as the contract shows it, without its derivation. */
export function toTransactionMessage(
  transaction: journal.Transaction,
  unit: LedgerUnit,
  memo: Memo = decodeMemo(transaction.memo),
): Transaction {
  return {
    $typeName: TransactionSchema.typeName,
    transactionId: transaction.transactionId,
    accountId: transaction.accountId,
    sequence: BigInt(transaction.sequence),
    type: TransactionType[transaction.type],
    amount: toMoney(transaction.amountAtoms, unit),
    legs: transaction.legs.map((leg) => ({
      $typeName: LegSchema.typeName,
      column: leg.column,
      amount: toMoney(leg.amountAtoms, unit),
      grantId: leg.grantId ?? "",
      kind: CreditKind[leg.kind],
    })),
    balanceAfter: toBalanceMessage(transaction.balanceAfter, unit),
    createdAt: toTimestamp(transaction.createdMs),
    reservationId: transaction.reservationId ?? "",
    originalTransactionId: transaction.originalTransactionId ?? "",
    source: transaction.source,
    externalReference: transaction.externalReference,
    uncollected: toMoney(transaction.uncollectedAtoms, unit),
    refunded: toMoney(transaction.refundedAtoms, unit),
    openHoldsChange: transaction.openHoldsChange,
    idempotencyKey: transaction.idempotencyKey,
    description: memo.description,
    metadata: { ...memo.metadata },
    usages: [...memo.usages],
    derivationCheck: DerivationCheck.UNSPECIFIED,
  };
}

/** What every call that moves money answers with. */
export function toPosting(
  { transaction, balance, unit, idempotentReplay }: PostingResult,
  memo: Memo = decodeMemo(transaction.memo),
) {
  const message = toTransactionMessage(transaction, unit, memo);
  return {
    transaction: message,
    // Nearly always the same one, which is then made and written once.
    balance: balance === transaction.balanceAfter ? message.balanceAfter! : toBalanceMessage(balance, unit),
    idempotentReplay,
  };
}

/** A journal entry with why it has its amount. */
export function toExplainedTransaction(
  transaction: journal.Transaction,
  explanation: Explanation,
  unit: LedgerUnit,
): Transaction {
  const message = toTransactionMessage(transaction, unit);
  if (explanation.derivation !== undefined)
    message.derivation = toDerivationMessage(explanation.derivation, unit);
  message.derivationCheck = DerivationCheck[explanation.check ?? "UNSPECIFIED"];
  return message;
}

/** How an amount came about. */
export function toDerivationMessage(derivation: DomainDerivation, unit: LedgerUnit): AmountDerivation {
  return {
    $typeName: AmountDerivationSchema.typeName,
    sourceAmount: {
      $typeName: MoneySchema.typeName,
      currencyCode: derivation.sourceCurrency,
      amount: derivation.sourceAmount,
    },
    pricedUsages: [...derivation.pricedUsages],
    ...(derivation.rate === undefined ? {} : { rate: derivation.rate }),
    exactAmount: exactAmountText(derivation),
    roundingMode: toWireRoundingMode(derivation.roundingMode),
    amount: toMoney(derivation.amountAtoms, unit),
  };
}

/** A hold as the contract shows it. */
export function toReservationMessage(reservation: holds.Reservation, unit: LedgerUnit): Reservation {
  const terms = decodeHoldTerms(reservation.terms);
  return {
    $typeName: ReservationSchema.typeName,
    reservationId: reservation.reservationId,
    accountId: reservation.accountId,
    state: ReservationState[reservation.state],
    remaining: toMoney(reservation.remainingAtoms, unit),
    reserved: toMoney(reservation.reservedAtoms, unit),
    captured: toMoney(reservation.capturedAtoms, unit),
    createdAt: toTimestamp(reservation.createdMs),
    expiresAt: toTimestamp(reservation.expiresMs),
    onExpiry: ExpiryAction[reservation.onExpiry],
    lockedPrices: terms.prices.map(({ priceId, priceVersion, priceBook, currency, atMs }) => ({
      $typeName: LockedPriceSchema.typeName,
      priceId,
      priceVersion,
      priceBook,
      currencyCode: currency,
      at: toTimestamp(atMs),
    })),
    ...(terms.rate === undefined ? {} : { lockedRate: terms.rate }),
    settledBy: SettledBy[reservation.settledBy ?? "UNSPECIFIED"],
    settlingTransactionIds: [...reservation.settlingTransactionIds],
    description: terms.description,
    metadata: { ...terms.metadata },
  };
}

import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import type { AdjustmentLedger, BookedAdjustment } from "../domain/adjustments/adjustment-ledger.ts";

type Core = Pick<
  ServiceClient<typeof BillingCoreService>,
  "getAccount" | "getBalance" | "adjustBalance" | "listTransactions"
>;

/** Pages that a search for a correction reads, of 1,000 entries each. */
const mostPages = 100;

/** Corrections at Billing Core. */
export function createAdjustmentLedger(core: Core): AdjustmentLedger {
  return {
    async readAccount(accountId) {
      const [{ account }, { balance }] = await Promise.all([
        core.getAccount({ accountId }),
        core.getBalance({ accountId }),
      ]);
      if (account === undefined) throw lacking("account");
      return {
        currencyCode: account.currencyCode,
        ledgerScale: account.ledgerScale,
        available: amountOf(balance?.available),
        spendable: amountOf(balance?.spendable),
        reserved: amountOf(balance?.reserved),
      };
    },
    async book({ adjustmentId, accountId, currencyCode, amount, reason, allowNegative }) {
      const { transaction } = await core.adjustBalance({
        accountId,
        amount: { currencyCode, amount },
        reason,
        allowNegative,
        idempotencyKey: adjustmentId,
        metadata: { adjustment_id: adjustmentId },
      });
      if (transaction === undefined) throw lacking("transaction");
      return toBooked(transaction);
    },
    async find(accountId, adjustmentId, sinceMs) {
      let pageToken = "";
      for (let page = 1; page <= mostPages; page++) {
        const { transactions, nextPageToken } = await core.listTransactions({
          accountId,
          types: [TransactionType.ADJUSTMENT],
          from: timestampFromMs(sinceMs),
          oldestFirst: true,
          pageSize: 1_000,
          pageToken,
        });
        const found = transactions.find(({ idempotencyKey }) => idempotencyKey === adjustmentId);
        if (found !== undefined) return toBooked(found);
        if (nextPageToken === "") return undefined;
        pageToken = nextPageToken;
      }
      throw new Error(`the account ${accountId} has too many entries to look for ${adjustmentId}`);
    },
  };
}

function toBooked({ transactionId, balanceAfter }: Transaction): BookedAdjustment {
  return { transactionId, availableAfter: amountOf(balanceAfter?.available) };
}

function amountOf(money: Money | undefined): Decimal {
  if (money === undefined) throw lacking("amount");
  return Decimal.parse(money.amount);
}

function lacking(what: string): Error {
  return new Error(`Billing Core answered without the ${what}`);
}

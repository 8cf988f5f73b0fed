import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { Transaction } from "#gen/billing/core/v1/transaction_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { LedgerPosting, PaymentLedger } from "../domain/payments/payment-ledger.ts";

/** What Admin's token for payments has to allow. */
export const paymentScopes = ["core.read", "core.fund", "core.manage", "exchange.read"] as const;

/** Source of the credits at Billing Core. */
const source = "stripe";

/** Billing Core, and Exchange for a look ahead, as payments use them. */
export function createPaymentLedger(
  core: ServiceClient<typeof BillingCoreService>,
  exchange: Pick<ServiceClient<typeof ExchangeRateService>, "convert">,
): PaymentLedger {
  return {
    async account(accountId) {
      const [{ account }, { balance }] = await Promise.all([
        core.getAccount({ accountId }),
        core.getBalance({ accountId }),
      ]);
      if (account === undefined || balance?.posted === undefined || balance.available === undefined)
        throw new Error(`Core answered without the account ${accountId} or its balance`);
      return {
        accountId,
        currencyCode: account.currencyCode,
        ledgerScale: account.ledgerScale,
        isClosed: account.state === AccountState.CLOSED,
        posted: Decimal.parse(balance.posted.amount),
        available: Decimal.parse(balance.available.amount),
      };
    },
    async credit({ accountId, amount, reference, paymentId }) {
      const { transaction } = await core.credit({
        accountId,
        amount,
        source,
        externalReference: reference,
        idempotencyKey: `payment:${reference}`,
        description: "Top-up by card",
        metadata: { payment_id: paymentId },
      });
      if (transaction === undefined) throw new Error("Core answered a credit without its transaction");
      return toPosting(transaction);
    },
    async reverse({ accountId, reference, total, revision, reason }) {
      const { transaction } = await core.reverseCredit({
        accountId,
        source,
        externalReference: reference,
        reversedTotal: total,
        revision: BigInt(revision),
        reason,
        idempotencyKey: `reversal:${reference}:${revision}`,
      });
      return transaction && toPosting(transaction);
    },
    async freeze(accountId, freezeReason, comment) {
      await core.freezeAccount({ accountId, freezeReason, comment });
    },
    async unfreeze(accountId, freezeReason, comment) {
      await core.unfreezeAccount({ accountId, freezeReason, comment });
    },
    async transactionAmount(transactionId) {
      try {
        const { transaction } = await core.getTransaction({ transactionId });
        return transaction && Decimal.parse(toPosting(transaction).amount);
      } catch (error) {
        if (error instanceof ServiceError && error.reason === "TRANSACTION_NOT_FOUND") return undefined;
        throw error;
      }
    },
    async convert({ currencyCode, amount }, toCurrency) {
      const { conversion } = await exchange.convert({
        fromCurrency: currencyCode,
        toCurrency,
        amount,
        exact: true,
      });
      if (conversion === undefined) throw new Error("Exchange answered without the conversion");
      return Decimal.parse(conversion.unroundedAmount);
    },
  };
}

function toPosting({ transactionId, amount, createdAt }: Transaction): LedgerPosting {
  if (amount === undefined || createdAt === undefined)
    throw new Error(`Core answered with transaction ${transactionId} without its amount or time`);
  return {
    transactionId,
    amount: amount.amount,
    currencyCode: amount.currencyCode,
    atMs: timestampMs(createdAt),
  };
}

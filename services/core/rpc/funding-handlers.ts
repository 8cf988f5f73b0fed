import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import {
  AdjustBalanceRequestSchema,
  RefundRequestSchema,
  ReverseCreditRequestSchema,
} from "#gen/billing/core/v1/funding_rpc_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Funding } from "../domain/funding.ts";
import { idempotencyOf } from "./canonical-request.ts";
import { toBalanceMessage } from "./to-account.ts";
import { toPosting, toTransactionMessage } from "./to-transaction.ts";

type Handlers = Pick<
  ServiceHandlers<typeof BillingCoreService>,
  "adjustBalance" | "refund" | "reverseCredit"
>;

/** The calls that put earlier money movements right. */
export function fundingHandlers(funding: Funding): Handlers {
  return {
    adjustBalance: async (request) =>
      toPosting(
        await funding.adjust({
          accountId: request.accountId,
          money: requireMoney(request.amount),
          allowNegative: request.allowNegative,
          reason: request.reason,
          metadata: request.metadata,
          idempotency: idempotencyOf(AdjustBalanceRequestSchema, request, "AdjustBalance"),
        }),
      ),

    refund: async (request) =>
      toPosting(
        await funding.refund({
          transactionId: request.transactionId,
          money: request.amount,
          reason: request.reason,
          metadata: request.metadata,
          idempotency: idempotencyOf(RefundRequestSchema, request, "Refund"),
        }),
      ),

    reverseCredit: async (request) => {
      const { transaction, balance, unit, idempotentReplay, superseded } = await funding.reverseCredit({
        accountId: request.accountId,
        source: request.source,
        externalReference: request.externalReference,
        reversedTotal: requireMoney(request.reversedTotal),
        revision: request.revision,
        reason: request.reason,
        metadata: request.metadata,
        idempotency: idempotencyOf(ReverseCreditRequestSchema, request, "ReverseCredit"),
      });
      return {
        ...(transaction === undefined ? {} : { transaction: toTransactionMessage(transaction, unit) }),
        balance: toBalanceMessage(balance, unit),
        idempotentReplay,
        superseded,
      };
    },
  };
}

function requireMoney(money: Money | undefined): Money {
  if (money === undefined) throw new TypeError("a request without its amount passed its constraints");
  return money;
}

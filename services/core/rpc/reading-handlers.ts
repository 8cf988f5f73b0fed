import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { explain } from "../domain/explanation.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Rating } from "../domain/rating.ts";
import { toExplainedTransaction, toReservationMessage } from "./to-transaction.ts";

type Handlers = Pick<ServiceHandlers<typeof BillingCoreService>, "getTransaction" | "getReservation">;

/** Single holds and journal entries. */
export function readingHandlers(ledger: Ledger, rating: Rating): Handlers {
  return {
    getReservation: async ({ reservationId }) => {
      const { reservation, unit } = await ledger.getReservation(reservationId);
      return { reservation: toReservationMessage(reservation, unit) };
    },
    getTransaction: async ({ transactionId }) => {
      const { transaction, unit } = await ledger.getTransaction(transactionId);
      return {
        transaction: toExplainedTransaction(transaction, await explain(rating, transaction, unit), unit),
      };
    },
  };
}

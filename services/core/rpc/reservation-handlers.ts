import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Ledger } from "../domain/ledger.ts";
import { toReservationMessage } from "./to-transaction.ts";

type Handlers = Pick<ServiceHandlers<typeof BillingCoreService>, "getReservation">;

/** Holds. */
export function reservationHandlers(ledger: Ledger): Handlers {
  return {
    getReservation: async ({ reservationId }) => {
      const { reservation, unit } = await ledger.getReservation(reservationId);
      return { reservation: toReservationMessage(reservation, unit) };
    },
  };
}

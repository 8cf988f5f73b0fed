import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import type { ListReservationsRequest } from "#gen/billing/core/v1/reservation_rpc_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { HoldState } from "../domain/reservation.ts";
import type {
  ExpiryPlace,
  ReservationDirectory,
  ReservationFilter,
  ReservationPage,
} from "../domain/reservation-directory.ts";
import { firstMsNotBefore } from "./timestamps.ts";
import { toReservationMessage } from "./to-transaction.ts";

type Handlers = Pick<ServiceHandlers<typeof BillingCoreService>, "getReservation" | "listReservations">;

const defaultPageSize = 50;

/** Holds. */
export function reservationHandlers(
  ledger: Ledger,
  directory: ReservationDirectory,
  pageTokens: PageTokens,
): Handlers {
  return {
    getReservation: async ({ reservationId }) => {
      const { reservation, unit } = await ledger.getReservation(reservationId);
      return { reservation: toReservationMessage(reservation, unit) };
    },

    listReservations: async (request) => {
      const { accountId } = request;
      const filter = filterOf(request);
      const list = ["ListReservations", accountId, filter];
      const position = pageTokens.decode(list, request.pageToken);
      const pageSize = request.pageSize || defaultPageSize;
      const { reservations, next }: ReservationPage<number | ExpiryPlace> =
        accountId === ""
          ? await directory.openOnes(filter, position as ExpiryPlace | undefined, pageSize)
          : await directory.ofAccount(accountId, filter, position as number | undefined, pageSize);
      return {
        reservations: reservations.map(({ reservation, unit }) => toReservationMessage(reservation, unit)),
        nextPageToken: next === undefined ? "" : pageTokens.encode(list, next),
      };
    },
  };
}

const states: Readonly<Partial<Record<ReservationState, HoldState>>> = {
  [ReservationState.HELD]: "HELD",
  [ReservationState.COMMITTED]: "COMMITTED",
  [ReservationState.RELEASED]: "RELEASED",
  [ReservationState.EXPIRED]: "EXPIRED",
};

function filterOf({ accountId, state, expiresBefore }: ListReservationsRequest): ReservationFilter {
  const named = states[state];
  if (accountId === "" && named !== undefined && named !== "HELD")
    throw invalidField("state", "without an account only HELD can be listed");
  return {
    state: accountId === "" ? "HELD" : named,
    expiresBeforeMs: expiresBefore === undefined ? Number.MAX_SAFE_INTEGER : firstMsNotBefore(expiresBefore),
  };
}

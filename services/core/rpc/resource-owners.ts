import type { ResourceOwners } from "#platform/access/ownership.ts";
import { CoreError } from "../domain/core-error.ts";
import { decodeReservationId, decodeTransactionId } from "../domain/resource-id.ts";

/** Ids say whose they are; one that says nothing belongs to nobody. */
export const resourceOwners: ResourceOwners = {
  reservationId: {
    accountOf: (id) => decodeReservationId(id)?.accountId,
    notFound: () => new CoreError("RESERVATION_NOT_FOUND", "there is no such reservation"),
  },
  transactionId: {
    accountOf: (id) => decodeTransactionId(id)?.accountId,
    notFound: () => new CoreError("TRANSACTION_NOT_FOUND", "there is no such transaction"),
  },
};

import type { ExpiryAction, HoldSettler, HoldSnapshot, HoldState } from "../store/hold-record.ts";
import { encodeReservationId, encodeTransactionId } from "./resource-id.ts";

export type { ExpiryAction, HoldSettler, HoldState } from "../store/hold-record.ts";

/** A hold on an account's money, in atoms of the account. */
export interface Reservation {
  readonly reservationId: string;
  readonly accountId: string;
  readonly state: HoldState;
  /** What is held now; 0 once settled. */
  readonly remainingAtoms: bigint;
  /** What was held at first. */
  readonly reservedAtoms: bigint;
  /** What commits and a capturing expiry have taken so far. */
  readonly capturedAtoms: bigint;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly onExpiry: ExpiryAction;
  /** Undefined while it is HELD. */
  readonly settledBy: HoldSettler | undefined;
  /** Transactions that captured or released, oldest first, at most the last 32. */
  readonly settlingTransactionIds: readonly string[];
  /** What the hold fixed for settling, as given to Reserve: opaque JSON, maybe empty. */
  readonly terms: string;
}

/** The hold that a snapshot describes. */
export function toReservation(accountId: string, hold: HoldSnapshot, terms: string): Reservation {
  const { sequence, day, settlements, ...rest } = hold;
  return {
    reservationId: encodeReservationId({ accountId, sequence, day }),
    accountId,
    ...rest,
    settlingTransactionIds: settlements.map((settlement) =>
      encodeTransactionId({ accountId, sequence: settlement }),
    ),
    terms,
  };
}

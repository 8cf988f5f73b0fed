import { maxAtoms } from "#money/atoms.ts";
import type { IdempotencyArguments } from "../store/function-call.ts";
import { CoreError } from "./core-error.ts";
import { type Idempotency, idempotencyField } from "./idempotency.ts";
import { mostMemoBytes, type Posting } from "./operations.ts";
import { decodeReservationId, type ReservationReference } from "./resource-id.ts";

/** An idempotency key in the store's terms. */
export function toArguments(idempotency: Idempotency): IdempotencyArguments {
  return {
    field: idempotencyField(idempotency),
    fingerprint: idempotency.fingerprint,
    key: idempotency.key,
  };
}

/** Checks what every posting with an amount has, and gives it in the store's terms. */
export function checkPosting(input: Posting & { readonly amountAtoms: bigint }) {
  requireInt64(input.amountAtoms);
  requireSize("memo", input.memo, mostMemoBytes);
  return { idempotency: toArguments(input.idempotency), memo: input.memo };
}

/** A single amount: 0 to 2^63 − 1. AMOUNT_INVALID, AMOUNT_OVERFLOW. */
export function requireInt64(atoms: bigint): void {
  if (atoms < 0n) throw new CoreError("AMOUNT_INVALID", "the amount must not be negative");
  if (atoms > maxAtoms)
    throw new CoreError("AMOUNT_OVERFLOW", "the amount is larger than the ledger can hold");
}

/** REQUEST_TOO_LARGE if a text has more UTF-8 bytes than can be kept. */
export function requireSize(name: string, text: string, mostBytes: number): void {
  if (Buffer.byteLength(text) <= mostBytes) return;
  throw new CoreError("REQUEST_TOO_LARGE", `${name}: at most ${mostBytes} bytes can be kept`, {
    metadata: { max_bytes: String(mostBytes) },
  });
}

/** The hold that an id names, of this account if one is given. RESERVATION_NOT_FOUND. */
export function requireReservation(reservationId: string, accountId?: string): ReservationReference {
  const reference = decodeReservationId(reservationId);
  if (reference !== undefined && reference.accountId === (accountId ?? reference.accountId)) return reference;
  throw new CoreError("RESERVATION_NOT_FOUND", "there is no such reservation");
}

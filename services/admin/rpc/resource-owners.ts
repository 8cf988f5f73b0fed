import type { ResourceOwners } from "#platform/access/ownership.ts";
import { AdminError } from "../domain/admin-error.ts";

/** Finds the account that a payment tops up; undefined if there is no such payment. */
export type PaymentOwner = (paymentId: string) => Promise<string | undefined>;

/** Whose the resources in requests are. */
export function createResourceOwners(paymentOwner: PaymentOwner): ResourceOwners {
  return { paymentId: { accountOf: paymentOwner, notFound: paymentNotFound } };
}

export function paymentNotFound(paymentId: string): AdminError {
  return new AdminError("PAYMENT_NOT_FOUND", "there is no such payment", {
    metadata: { payment_id: paymentId },
  });
}

import Stripe from "stripe";
import { AdminError } from "../domain/admin-error.ts";
import type { StripeEventFacts } from "../domain/payments/stripe-facts.ts";
import { readEvent, UnreadableObject } from "./read-objects.ts";

/** How far the time in a signature may lie from now, in either direction, in seconds. */
export const signatureToleranceSeconds = 300;

/**
 * Reads an event from the bytes as they came, if one of the secrets signed them just now. The library bounds
 * only the age of a signature: one that lies ahead would be good for as long as it lies ahead.
 *
 * @throws AdminError WEBHOOK_SIGNATURE_INVALID, which says as little as an attacker should know.
 */
export function readSignedEvent(
  body: Buffer,
  signature: string | undefined,
  secrets: readonly string[],
  nowMs: number = Date.now(),
): StripeEventFacts {
  const signedAt = /(?:^|,)\s*t=(\d{1,12})(?:,|$)/.exec(signature ?? "")?.[1];
  if (signature === undefined || signedAt === undefined)
    throw invalid("the header Stripe-Signature is missing or has no time");
  if (Number(signedAt) > nowMs / 1_000 + signatureToleranceSeconds)
    throw invalid("the time in the signature lies ahead");
  for (const secret of secrets) {
    let event: unknown;
    try {
      event = Stripe.webhooks.constructEvent(
        body,
        signature,
        secret,
        signatureToleranceSeconds,
        undefined,
        nowMs,
      );
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) continue;
      throw invalid("the body is no JSON");
    }
    return readSigned(event);
  }
  throw invalid("no configured secret signed this body within the last minutes");
}

function readSigned(event: unknown): StripeEventFacts {
  try {
    return readEvent(event);
  } catch (error) {
    if (error instanceof UnreadableObject) throw invalid("the body is no event of Stripe");
    throw error;
  }
}

function invalid(message: string): AdminError {
  return new AdminError("WEBHOOK_SIGNATURE_INVALID", message);
}

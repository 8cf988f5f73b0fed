import Stripe from "stripe";
import { CommonError } from "#platform/errors/common-error.ts";
import { AdminError } from "../domain/admin-error.ts";

const retryAfterMs = 2_000;

/** A failed call of Stripe in our words. Texts of Stripe's are for the caller, except where they may show a key. */
export function fromStripeError(error: unknown): Error {
  if (!(error instanceof Stripe.errors.StripeError))
    return error instanceof Error ? error : new Error(String(error));
  if (error instanceof Stripe.errors.StripeRateLimitError)
    return new AdminError("STRIPE_RATE_LIMITED", "Stripe takes no more calls for now", {
      retryAfterMs,
      cause: error,
    });
  if (error instanceof Stripe.errors.StripeIdempotencyError)
    return new CommonError("IDEMPOTENCY_KEY_REUSED", "the idempotency key was used with another request", {
      cause: error,
    });
  if (isWrongKey(error))
    return new AdminError("STRIPE_UNAVAILABLE", "Stripe does not accept the configured key", {
      cause: error,
    });
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new AdminError("STRIPE_REFUSED", `Stripe refused: ${error.message}`, {
      metadata: { stripe_code: error.code ?? error.type, stripe_message: error.message.slice(0, 500) },
      cause: error,
    });
  return new AdminError("STRIPE_UNAVAILABLE", "Stripe did not answer; the outcome is unknown", {
    retryAfterMs,
    cause: error,
  });
}

/** Whether Stripe answered that the object does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === "resource_missing";
}

function isWrongKey(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError
  );
}

import { AdminError } from "../admin-error.ts";

/** The answer of whatever needs Stripe while it is switched off. */
export function stripeNotConfigured(): AdminError {
  const missing = "STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET";
  return new AdminError("STRIPE_NOT_CONFIGURED", `payments are switched off: ${missing} are not set`, {
    metadata: { missing },
  });
}

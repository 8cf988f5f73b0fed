import {
  type PaymentAudit,
  type PaymentChanging,
  paymentChangingHandlers,
} from "./payment-changing-handlers.ts";
import { type PaymentReading, paymentReadingHandlers } from "./payment-reading-handlers.ts";
import { type Reconciling, reconcileHandlers } from "./reconcile-handlers.ts";

/** The calls about payments; `changing` is undefined while Stripe is switched off. */
export function paymentHandlers(
  parts: PaymentReading & PaymentAudit,
  changing: (PaymentChanging & Reconciling) | undefined,
) {
  return {
    ...paymentReadingHandlers(parts),
    ...paymentChangingHandlers(parts, changing),
    ...reconcileHandlers(parts, changing),
  };
}

import type { ErrorReason } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { ServiceError } from "#platform/errors/service-error.ts";

/** Reasons that Pricing answers with, besides the common ones; the names of `billing.pricing.v1.ErrorReason`. */
export type PricingReason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** A refusal by Pricing. */
export class PricingError extends ServiceError<PricingReason> {}

/** Whether another reading or decision of the same source is under way. */
export function isInProgress(error: unknown): boolean {
  return error instanceof PricingError && error.reason === "IMPORT_IN_PROGRESS";
}

import type { ErrorReason } from "#gen/billing/core/v1/error_reason_pb.ts";
import type { CommonReason } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";

/** Reasons of Billing Core besides the common ones; the names of `billing.core.v1.ErrorReason`. */
export type CoreReason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** A refusal of Billing Core. */
export class CoreError extends ServiceError<CommonReason | CoreReason> {}

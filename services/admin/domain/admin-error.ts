import type { ErrorReason } from "#gen/billing/admin/v1/error_reason_pb.ts";
import type { CommonReason } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";

/** Reasons of Admin besides the common ones; the names of `billing.admin.v1.ErrorReason`. */
export type AdminReason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** A refusal of Admin. */
export class AdminError extends ServiceError<CommonReason | AdminReason> {}

import type { ErrorReason } from "#gen/billing/type/v1/error_reason_pb.ts";
import { ServiceError } from "./service-error.ts";

/** Reasons that any service may answer with; the names of `billing.type.v1.ErrorReason`. */
export type CommonReason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** An error with a reason that any service may answer with. */
export class CommonError extends ServiceError<CommonReason> {}

/** A request field that breaks the contract in a way its declared constraints cannot say. */
export function invalidField(field: string, description: string): CommonError {
  return new CommonError("REQUEST_INVALID", `${field}: ${description}`, { fields: [{ field, description }] });
}

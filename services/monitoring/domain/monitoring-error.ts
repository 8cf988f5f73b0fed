import type { ErrorReason } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { ServiceError } from "#platform/errors/service-error.ts";

/** The names of `billing.monitoring.v1.ErrorReason`. */
export type MonitoringReason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** An error with a reason of Monitoring's own. */
export class MonitoringError extends ServiceError<MonitoringReason> {}

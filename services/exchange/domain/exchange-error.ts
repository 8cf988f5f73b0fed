import type { ErrorReason } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import type { CommonReason } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";

/** Reasons of Exchange; the names of `billing.exchange.v1.ErrorReason`. */
export type ExchangeReason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** An error of Exchange: one of its own reasons or a common one. */
export class ExchangeError extends ServiceError<ExchangeReason | CommonReason> {}

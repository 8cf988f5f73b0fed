/** What both entries of the package export, besides `createHoldfast`. */
export { Code } from "@connectrpc/connect";
export type { CallBounds, CallOptions, StreamOptions } from "./call-options.ts";
export type { Cost, CostByAmount, CostByUsage, UsageInit } from "./cost.ts";
export type { ClientReason, Reason, ServerReason } from "./error-catalogue.ts";
export type { CoreCalls, Holdfast, HoldfastOptions } from "./holdfast.ts";
export { type FieldViolation, HoldfastError, type HoldfastErrorFacts } from "./holdfast-error.ts";
export type { RetryOptions } from "./retry.ts";
export type { ServiceCalls } from "./service-calls.ts";
export type { Addresses, ServiceName } from "./services.ts";
export { SettlementError } from "./settlement-error.ts";
export type { TokenSource } from "./token.ts";
export type { Hold, Settled, WithReservation, WithReservationOptions } from "./with-reservation.ts";

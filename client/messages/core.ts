/** Messages, enums and schemas of Billing Core, as `holdfast.core` takes and gives them. */
export * from "../../gen/billing/core/v1/account_pb.ts";
export * from "../../gen/billing/core/v1/account_rpc_pb.ts";
export * from "../../gen/billing/core/v1/balance_pb.ts";
export * from "../../gen/billing/core/v1/balance_rpc_pb.ts";
export * from "../../gen/billing/core/v1/billing_core_service_pb.ts";
export * from "../../gen/billing/core/v1/charge_rpc_pb.ts";
export * from "../../gen/billing/core/v1/error_reason_pb.ts";
export * from "../../gen/billing/core/v1/funding_rpc_pb.ts";
export * from "../../gen/billing/core/v1/reservation_pb.ts";
export * from "../../gen/billing/core/v1/reservation_rpc_pb.ts";
export * from "../../gen/billing/core/v1/transaction_pb.ts";
export * from "../../gen/billing/core/v1/transaction_rpc_pb.ts";
export * from "../../gen/billing/core/v1/verification_pb.ts";
export * from "../../gen/billing/core/v1/verification_rpc_pb.ts";

/** Messages, enums and schemas of Exchange, as `holdfast.exchange` takes and gives them. */
export * from "../../gen/billing/exchange/v1/conversion_pb.ts";
export * from "../../gen/billing/exchange/v1/conversion_rpc_pb.ts";
export * from "../../gen/billing/exchange/v1/currency_pb.ts";
export * from "../../gen/billing/exchange/v1/currency_rpc_pb.ts";
export * from "../../gen/billing/exchange/v1/error_reason_pb.ts";
export * from "../../gen/billing/exchange/v1/exchange_rate_pb.ts";
export * from "../../gen/billing/exchange/v1/exchange_rate_service_pb.ts";
export * from "../../gen/billing/exchange/v1/provider_rpc_pb.ts";
export * from "../../gen/billing/exchange/v1/quote_pb.ts";
export * from "../../gen/billing/exchange/v1/quote_rpc_pb.ts";
export * from "../../gen/billing/exchange/v1/rate_provider_pb.ts";
export * from "../../gen/billing/exchange/v1/rate_rpc_pb.ts";

/** Messages, enums and schemas of the types that the services share. */
export * from "../../gen/billing/type/v1/error_reason_pb.ts";
export * from "../../gen/billing/type/v1/money_pb.ts";
export * from "../../gen/billing/type/v1/priced_usage_pb.ts";
export * from "../../gen/billing/type/v1/rate_pb.ts";
export * from "../../gen/billing/type/v1/usage_pb.ts";

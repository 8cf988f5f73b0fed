/** Messages, enums and schemas of Pricing, as `holdfast.pricing` takes and gives them. */
export * from "../../gen/billing/pricing/v1/book_override_pb.ts";
export * from "../../gen/billing/pricing/v1/calculation_pb.ts";
export * from "../../gen/billing/pricing/v1/calculation_rpc_pb.ts";
export * from "../../gen/billing/pricing/v1/condition_pb.ts";
export * from "../../gen/billing/pricing/v1/error_reason_pb.ts";
export * from "../../gen/billing/pricing/v1/price_book_pb.ts";
export * from "../../gen/billing/pricing/v1/price_book_rpc_pb.ts";
export * from "../../gen/billing/pricing/v1/price_import_pb.ts";
export * from "../../gen/billing/pricing/v1/price_import_rpc_pb.ts";
export * from "../../gen/billing/pricing/v1/price_model_pb.ts";
export * from "../../gen/billing/pricing/v1/price_pb.ts";
export * from "../../gen/billing/pricing/v1/price_rpc_pb.ts";
export * from "../../gen/billing/pricing/v1/price_source_pb.ts";
export * from "../../gen/billing/pricing/v1/price_source_rpc_pb.ts";
export * from "../../gen/billing/pricing/v1/price_terms_pb.ts";
export * from "../../gen/billing/pricing/v1/pricing_service_pb.ts";

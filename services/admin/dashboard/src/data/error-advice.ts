import { ErrorReasonSchema as AdminReasons } from "#gen/billing/admin/v1/error_reason_pb.ts";
import { ErrorReasonSchema as CoreReasons } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorReasonSchema as ExchangeReasons } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { ErrorReasonSchema as MonitoringReasons } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { ErrorReasonSchema as PricingReasons } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { buildErrorCatalogue } from "#platform/errors/catalogue.ts";

const catalogue = buildErrorCatalogue([
  AdminReasons,
  CoreReasons,
  PricingReasons,
  ExchangeReasons,
  MonitoringReasons,
]);

/** What the contract's error catalogue says one should do; empty for a reason that it does not know. */
export function adviceFor(reason: string): string {
  return catalogue.get(reason)?.advice ?? "";
}

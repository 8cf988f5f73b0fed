import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { serviceRules } from "#platform/access/method-rule.ts";

const services = [BillingCoreService, PricingService, ExchangeRateService, MonitoringService, AdminService];

/** Every scope that some RPC of the contract asks for, in alphabetical order. */
export function listScopes(): string[] {
  const scopes = services.flatMap(serviceRules).map(({ scope }) => scope);
  return [...new Set(scopes)].toSorted();
}

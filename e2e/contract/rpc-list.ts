import type { DescEnum, DescService } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { ErrorReasonSchema as AdminReasons } from "#gen/billing/admin/v1/error_reason_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema as CoreReasons } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorReasonSchema as ExchangeReasons } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { ErrorReasonSchema as MonitoringReasons } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { ErrorReasonSchema as PricingReasons } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";

/** One service of the contract and every RPC that it promises. */
export interface PromisedService {
  readonly service: DescService;
  readonly reasons: DescEnum;
  readonly rpcs: readonly string[];
}

/** The whole contract, by name: what is promised, so that what is served can be compared with it. */
export const promisedServices: readonly PromisedService[] = [
  {
    service: BillingCoreService,
    reasons: CoreReasons,
    rpcs: [
      ...["CreateAccount", "GetAccount", "UpdateAccount", "ListAccounts"],
      ...["FreezeAccount", "UnfreezeAccount", "CloseAccount", "GetBalance", "WatchBalance"],
      ...["Credit", "AdjustBalance", "Charge", "ChargeBatch"],
      ...["Reserve", "ExtendReservation", "Commit", "Release", "GetReservation", "ListReservations"],
      ...["Refund", "ReverseCredit", "GetTransaction", "ListTransactions", "ExportTransactions"],
      ...["VerifyAccount", "VerifyLedger"],
    ],
  },
  {
    service: PricingService,
    reasons: PricingReasons,
    rpcs: [
      ...["CalculatePrice", "CalculatePrices", "SimulatePrice"],
      ...["CreatePrice", "UpdatePrice", "GetPrice", "ListPrices", "ListPriceVersions", "ArchivePrice"],
      ...["CreatePriceBook", "GetPriceBook", "ListPriceBooks", "UpdatePriceBook", "DeletePriceBook"],
      ...["SetBookOverride", "RemoveBookOverride"],
      ...[
        "CreatePriceSource",
        "GetPriceSource",
        "ListPriceSources",
        "UpdatePriceSource",
        "DeletePriceSource",
      ],
      ...["SyncPriceSource", "PreviewImport", "ApplyImport", "ListImports", "GetImport", "RejectImport"],
      "RollbackImport",
    ],
  },
  {
    service: ExchangeRateService,
    reasons: ExchangeReasons,
    rpcs: [
      ...["ListCurrencies", "GetCurrency", "CreateCurrency", "UpdateCurrency", "DeactivateCurrency"],
      ...["ActivateCurrency", "GetRate", "ListRates", "ListRateHistory", "WatchRates"],
      ...["SetRate", "ClearRateOverride", "ListHeldRates", "ApproveHeldRate", "RejectHeldRate"],
      ...["Convert", "ConvertBatch", "CreateQuote", "GetQuote"],
      ...["RefreshRates", "ListProviders", "GetProvider", "UpdateProvider"],
    ],
  },
  {
    service: MonitoringService,
    reasons: MonitoringReasons,
    rpcs: [
      ...["RecordMetrics", "QueryMetrics", "ListMetrics", "GetOverview", "WatchMetrics"],
      ...["CreateAlertRule", "GetAlertRule", "ListAlertRules", "UpdateAlertRule", "DeleteAlertRule"],
      ...["TestAlertRule", "ListAlerts", "GetAlert", "AcknowledgeAlert", "WatchAlerts"],
      ...["CreateSilence", "ListSilences", "ExpireSilence"],
      ...["CreateInhibition", "ListInhibitions", "DeleteInhibition"],
      ...["CreateChannel", "ListChannels", "UpdateChannel", "DeleteChannel", "TestChannel"],
      ...["ListDeliveries", "RedeliverNotification", "GetSystemHealth"],
    ],
  },
  {
    service: AdminService,
    reasons: AdminReasons,
    rpcs: [
      ...["GetStats", "SearchAccounts", "AdjustBalance", "ApproveAdjustment", "ListAdjustments"],
      ...["CreateCheckoutSession", "ListPayments", "GetPayment", "RefundPayment", "ReconcilePayments"],
      ...["ListStripeEvents", "ReplayStripeEvent", "IssueToken", "RevokeToken"],
      ...["CreateAdminKey", "ListAdminKeys", "RotateAdminKey", "RevokeAdminKey"],
      ...["ListAuditLog", "ExportAuditLog", "VerifyAuditLog"],
    ],
  },
];

/** Every scope that a method may ask for. */
export const knownScopes: readonly string[] = [
  ...["core.read", "core.charge", "core.fund", "core.manage"],
  ...["pricing.read", "pricing.calculate", "pricing.manage"],
  ...["exchange.read", "exchange.manage"],
  ...["monitoring.read", "monitoring.write", "monitoring.manage"],
  ...["admin.read", "admin.support", "admin.finance", "admin.manage"],
];

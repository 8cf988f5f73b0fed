import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import type { AdminSettings } from "../config.ts";
import type { PaymentLedger } from "../domain/payments/payment-ledger.ts";
import { createPaymentLedger, paymentScopes } from "./core-payments.ts";

const timeoutMs = 10_000;

/** Connects payments with Billing Core and Exchange. */
export function connectPaymentLedger(settings: AdminSettings): {
  readonly ledger: PaymentLedger;
  readonly close: () => void;
} {
  const token = serviceTokenSource(signingSecret(settings), "admin", [...paymentScopes]);
  const core = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: peerUrl(settings, "CORE"),
    token,
    timeoutMs,
  });
  const exchange = createServiceClient({
    service: ExchangeRateService,
    peer: "exchange",
    baseUrl: peerUrl(settings, "EXCHANGE"),
    token,
    timeoutMs,
  });
  const close = () => {
    core.close();
    exchange.close();
  };
  return { ledger: createPaymentLedger(core, exchange), close };
}

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";
import { dashboardFolder } from "../../services/admin/http/dashboard-pages.ts";
import { type PaymentStack, startPaymentStack } from "../testing/payment-stack.ts";
import { startBrowser } from "./browser.ts";
import { type SeededIds, seed } from "./seed.ts";
import { type SeededExchange, seedExchange } from "./seed-exchange.ts";
import { type SeededPayments, seedPayments } from "./seed-payments.ts";
import { type SeededPricing, seedPricing } from "./seed-pricing.ts";

/** The real system with something to see, and a browser. */
export interface DashboardStack extends PaymentStack {
  readonly browser: Browser;
  readonly baseURL: string;
  readonly adminKey: string;
  readonly ids: SeededIds & SeededPayments & SeededPricing & SeededExchange;
}

/** Starts the system once for a test file. */
export async function startDashboardStack(): Promise<DashboardStack> {
  assert.ok(existsSync(`${dashboardFolder}/index.html`), "the dashboard is not built: run make test");
  const payments = await startPaymentStack({
    ADMIN_SIGN_INS_PER_MINUTE: "1000",
    ADMIN_REQUESTS_PER_MINUTE: "1000000",
    ADMIN_ADJUSTMENT_LIMITS: "USD=100",
    // A day, so that what never arrived stays to be found.
    STRIPE_RECONCILE_SECONDS: "86400",
  });
  const browser = await startBrowser();
  return {
    ...payments,
    browser,
    baseURL: payments.stack.url("adminHttp"),
    adminKey: payments.stack.environment.ADMIN_KEY ?? "",
    ids: {
      ...(await seed(payments)),
      ...(await seedPayments(payments)),
      ...(await seedPricing(payments)),
      ...(await seedExchange(payments)),
    },
    async stop() {
      await browser.close();
      await payments.stop();
    },
  };
}

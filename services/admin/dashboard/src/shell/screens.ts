import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { IconName } from "../design/icon.tsx";

/** A module of a screen exports its page. */
interface ScreenModule {
  readonly Page: ComponentType;
}

/** One screen. Its code is fetched when it is opened. */
export interface Screen {
  /** Path with parameters, for example "/accounts/:accountId". */
  readonly path: string;
  /** The scope without which it is not offered. */
  readonly scope: string;
  /** Its place in the navigation; screens that are reached from another one have none. */
  readonly navigation?: {
    readonly title: string;
    readonly icon: IconName;
    readonly group: (typeof groups)[number];
    /** After the key g. */
    readonly shortcut: string;
  };
  readonly Page: LazyExoticComponent<ComponentType>;
}

/** Groups of the navigation, in order; the first one has no heading. */
export const groups = ["", "Customers", "Commerce", "Operations"] as const;

function page(load: () => Promise<ScreenModule>): LazyExoticComponent<ComponentType> {
  return lazy(async () => ({ default: (await load()).Page }));
}

/** Every screen of operators, in the order of the navigation. */
export const screens: readonly Screen[] = [
  {
    path: "/",
    scope: "monitoring.read",
    navigation: { title: "Overview", icon: "overview", group: "", shortcut: "o" },
    Page: page(() => import("../screens/overview/overview-page.tsx")),
  },
  {
    path: "/accounts",
    scope: "admin.read",
    navigation: { title: "Accounts", icon: "accounts", group: "Customers", shortcut: "a" },
    Page: page(() => import("../screens/accounts/accounts-page.tsx")),
  },
  {
    path: "/accounts/:accountId",
    scope: "core.read",
    Page: page(() => import("../screens/accounts/account-page.tsx")),
  },
  {
    path: "/transactions/:transactionId",
    scope: "core.read",
    Page: page(() => import("../screens/transactions/transaction-page.tsx")),
  },
  {
    path: "/reservations",
    scope: "core.read",
    navigation: { title: "Reservations", icon: "reservations", group: "Customers", shortcut: "r" },
    Page: page(() => import("../screens/reservations/reservations-page.tsx")),
  },
  {
    path: "/reservations/:reservationId",
    scope: "core.read",
    Page: page(() => import("../screens/reservations/reservation-page.tsx")),
  },
  {
    path: "/pricing",
    scope: "pricing.read",
    navigation: { title: "Pricing", icon: "pricing", group: "Commerce", shortcut: "c" },
    Page: page(() => import("../screens/pricing/pricing-page.tsx")),
  },
  {
    path: "/pricing/prices/:priceId",
    scope: "pricing.read",
    Page: page(() => import("../screens/pricing/price-page.tsx")),
  },
  {
    path: "/pricing/imports/:importId",
    scope: "pricing.read",
    Page: page(() => import("../screens/pricing/imports/import-page.tsx")),
  },
  {
    path: "/exchange",
    scope: "exchange.read",
    navigation: { title: "Exchange", icon: "exchange", group: "Commerce", shortcut: "x" },
    Page: page(() => import("../screens/exchange/exchange-page.tsx")),
  },
  {
    path: "/exchange/:from/:to",
    scope: "exchange.read",
    Page: page(() => import("../screens/exchange/pair-page.tsx")),
  },
  {
    path: "/payments",
    scope: "admin.read",
    navigation: { title: "Payments", icon: "payments", group: "Commerce", shortcut: "p" },
    Page: page(() => import("../screens/payments/payments-page.tsx")),
  },
  {
    path: "/payments/:paymentId",
    scope: "admin.read",
    Page: page(() => import("../screens/payments/payment-page.tsx")),
  },
  {
    path: "/alerts",
    scope: "monitoring.read",
    navigation: { title: "Alerts", icon: "alerts", group: "Operations", shortcut: "l" },
    Page: page(() => import("../screens/alerts/alerts-page.tsx")),
  },
  {
    path: "/alerts/rules/:ruleId",
    scope: "monitoring.read",
    Page: page(() => import("../screens/alerts/rule-page.tsx")),
  },
  {
    path: "/alerts/:alertId",
    scope: "monitoring.read",
    Page: page(() => import("../screens/alerts/alert-page.tsx")),
  },
  {
    path: "/audit",
    scope: "admin.read",
    navigation: { title: "Audit", icon: "audit", group: "Operations", shortcut: "u" },
    Page: page(() => import("../screens/audit/audit-page.tsx")),
  },
  {
    path: "/system",
    scope: "monitoring.read",
    navigation: { title: "System", icon: "system", group: "Operations", shortcut: "s" },
    Page: page(() => import("../screens/system/system-page.tsx")),
  },
];

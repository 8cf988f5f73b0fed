import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { get, patch, post, type Route } from "./route.ts";

const core = BillingCoreService.method;
const admin = AdminService.method;
const account = { accountId: "acme" };
const dollars = (amount: string) => ({ currencyCode: "USD", amount });

/** Accounts, their journal, their holds, and corrections of them. */
export const accountRoutes: readonly Route[] = [
  get("/admin/accounts", admin.searchAccounts, "Search accounts", { text: "acm", pageSize: 20 }),
  post("/admin/accounts", core.createAccount, "Create an account", {
    ...account,
    currencyCode: "USD",
    labels: { tier: "gold" },
  }),
  get("/admin/accounts/:accountId", core.getAccount, "Read an account", account),
  patch("/admin/accounts/:accountId", core.updateAccount, "Change an account's settings", {
    ...account,
    configVersion: "1",
    creditLimit: dollars("25"),
  }),
  get("/admin/accounts/:accountId/balance", core.getBalance, "Read a balance", {
    ...account,
    displayCurrencies: ["EUR"],
  }),
  get("/admin/accounts/:accountId/transactions", core.listTransactions, "List an account's journal", {
    ...account,
    pageSize: 20,
  }),
  get("/admin/accounts/:accountId/reservations", core.listReservations, "List an account's holds", {
    ...account,
    pageSize: 20,
  }),
  get("/admin/accounts/:accountId/verification", core.verifyAccount, "Verify an account's journal", account),
  post("/admin/accounts/:accountId/credit", core.credit, "Credit an account", {
    ...account,
    amount: dollars("50"),
    source: "admin",
    description: "Bank transfer 2026-118",
  }),
  post("/admin/accounts/:accountId/adjust", admin.adjustBalance, "Correct a balance", {
    ...account,
    amount: dollars("-3.20"),
    reason: "Charged twice for one call",
  }),
  post("/admin/accounts/:accountId/freeze", core.freezeAccount, "Freeze an account", {
    ...account,
    freezeReason: "review",
    comment: "Unusual spending",
  }),
  post("/admin/accounts/:accountId/unfreeze", core.unfreezeAccount, "Lift a freeze", {
    ...account,
    freezeReason: "review",
    comment: "Checked with the customer",
  }),
  post("/admin/accounts/:accountId/close", core.closeAccount, "Close an account", {
    ...account,
    configVersion: "1",
    comment: "Contract ended",
  }),
  get("/admin/adjustments", admin.listAdjustments, "List corrections", {
    state: "ADJUSTMENT_STATE_PENDING_APPROVAL",
  }),
  post(
    "/admin/adjustments/:adjustmentId/decision",
    admin.approveAdjustment,
    "Approve or reject a correction",
    {
      adjustmentId: "adj_1",
      decision: "ADJUSTMENT_DECISION_APPROVE",
      reason: "Seen the ticket",
    },
  ),
  get("/admin/transactions", core.listTransactions, "List an account's journal", {
    ...account,
    types: ["TRANSACTION_TYPE_CHARGE"],
    pageSize: 20,
  }),
  get("/admin/transactions/export", core.exportTransactions, "Export an account's journal", account),
  get("/admin/transactions/:transactionId", core.getTransaction, "Read a journal entry with its derivation", {
    transactionId: "tx_1",
  }),
  post("/admin/transactions/:transactionId/refund", core.refund, "Refund a charge", {
    transactionId: "tx_1",
    amount: dollars("1.25"),
    reason: "The answer was empty",
  }),
  get("/admin/reservations", core.listReservations, "List open holds, soonest expiry first", {
    pageSize: 20,
  }),
  get("/admin/reservations/:reservationId", core.getReservation, "Read a hold", { reservationId: "rs_1" }),
  post("/admin/reservations/:reservationId/release", core.release, "Release a hold", {
    reservationId: "rs_1",
    description: "The call was lost",
  }),
];

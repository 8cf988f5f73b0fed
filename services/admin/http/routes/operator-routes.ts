import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { get, post, type Route } from "./route.ts";

const admin = AdminService.method;
const payment = { paymentId: "pay_1" };
const key = { keyId: "ak_1" };
const reason = "Asked for in ticket 1042";

/** Figures, payments, and who may do what and did. */
export const operatorRoutes: readonly Route[] = [
  get("/admin/stats", admin.getStats, "Counts and sums of the whole system"),
  post("/create-checkout", admin.createCheckoutSession, "Begin a top-up by card", {
    accountId: "acme",
    amount: { currencyCode: "USD", amount: "25.00" },
  }),
  get("/admin/payments", admin.listPayments, "List payments", { accountId: "acme", pageSize: 20 }),
  post("/admin/payments/reconcile", admin.reconcilePayments, "Compare with Stripe", {
    repair: false,
  }),
  get("/admin/payments/events", admin.listStripeEvents, "List Stripe's events", { pageSize: 20 }),
  post("/admin/payments/events/:eventId/replay", admin.replayStripeEvent, "Process an event again", {
    eventId: "evt_1",
    reason,
  }),
  get("/admin/payments/:paymentId", admin.getPayment, "Read a payment", payment),
  post("/admin/payments/:paymentId/refund", admin.refundPayment, "Pay a payment back", {
    ...payment,
    reason,
  }),
  get("/admin/audit", admin.listAuditLog, "List the audit log", { accountId: "acme", pageSize: 20 }),
  get("/admin/audit/verification", admin.verifyAuditLog, "Verify the audit log"),
  get("/admin/audit/export", admin.exportAuditLog, "Export the audit log"),
  get("/admin/keys", admin.listAdminKeys, "List admin keys", { state: "ADMIN_KEY_STATE_ACTIVE" }),
  post("/admin/keys", admin.createAdminKey, "Create an admin key", {
    name: "Ada",
    role: "ADMIN_ROLE_SUPPORT",
    reason,
  }),
  post("/admin/keys/:keyId/rotate", admin.rotateAdminKey, "Replace a key's secret", {
    ...key,
    expectedVersion: "1",
    overlap: "3600s",
    reason,
  }),
  post("/admin/keys/:keyId/revoke", admin.revokeAdminKey, "Revoke an admin key", { ...key, reason }),
  post("/admin/tokens", admin.issueToken, "Issue a token or a customer's link", {
    subject: "gateway",
    scopes: ["core.charge"],
    ttl: "3600s",
    reason,
  }),
  post("/admin/tokens/revoke", admin.revokeToken, "Revoke a token", {
    tokenId: "01890a5d-ac96-774b-bcce-b302099a8057",
    reason,
  }),
];

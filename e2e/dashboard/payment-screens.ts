import type { TestedScreen } from "./screens.ts";

/** Payments in each state that looks different. */
export const paymentScreens: readonly TestedScreen[] = [
  { name: "payments", path: () => "/payments", pictures: ["light-1280"] },
  {
    name: "payments-without-stripe",
    isVariant: true,
    path: () => "/payments?tab=reconciliation",
    act: async (page) => {
      const stats = "**/billing.admin.v1.AdminService/GetStats";
      await page.route(stats, async (route) => {
        const response = await route.fetch();
        const answer = (await response.json()) as { stats: object };
        const stripe = { state: "STRIPE_STATE_NOT_CONFIGURED" };
        await route.fulfill({ response, json: { stats: { ...answer.stats, stripe } } });
      });
      await page.reload();
      await page.getByText("Payments are switched off").waitFor();
      await page.unroute(stats);
    },
  },
  { name: "payments-none-found", isVariant: true, path: () => "/payments?q=nobody" },
  { name: "payments-unapplied", isVariant: true, path: () => "/payments?tab=unapplied" },
  { name: "payments-events", path: () => "/payments?tab=events" },
  { name: "payments-event-unknown", isVariant: true, path: () => "/payments?tab=events&q=evt_unknown" },
  {
    name: "payments-replay",
    isVariant: true,
    path: () => "/payments?tab=events",
    act: async (page) => {
      await page
        .getByRole("button", { name: /^Replay evt_/ })
        .first()
        .click();
      await page.getByLabel("Reason").fill("Asked for by the accountant");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.locator(".action-effect").waitFor();
    },
  },
  {
    name: "payments-differences",
    path: () => "/payments?tab=reconciliation",
    act: async (page) => {
      await page.getByRole("button", { name: "Compare" }).click();
      await page.getByRole("group", { name: "Differences" }).waitFor();
    },
  },
  {
    name: "payments-repair",
    isVariant: true,
    path: () => "/payments?tab=reconciliation",
    act: async (page) => {
      await page.getByRole("button", { name: "Compare" }).click();
      await page.getByRole("button", { name: "Repair" }).click();
      await page.getByLabel("Reason").fill("The webhook was down on Monday");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.locator(".action-effect").waitFor();
    },
  },
  { name: "payments-payment", path: ({ paymentId }) => `/payments/${paymentId}`, pictures: ["light-1280"] },
  {
    name: "payments-payment-disputed",
    isVariant: true,
    path: ({ disputedPaymentId }) => `/payments/${disputedPaymentId}`,
  },
  {
    name: "payments-payment-unapplied",
    isVariant: true,
    path: ({ unappliedPaymentId }) => `/payments/${unappliedPaymentId}`,
  },
  { name: "payments-payment-unknown", isVariant: true, path: () => "/payments/nobody", refuses: true },
  {
    name: "payments-refund",
    isVariant: true,
    path: ({ paymentId }) => `/payments/${paymentId}`,
    act: async (page) => {
      await page.getByRole("button", { name: "Refund" }).click();
      await page.getByLabel("Amount").fill("10");
      await page.getByLabel("Reason").fill("Asked for on the phone");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.locator(".action-effect").waitFor();
    },
  },
];

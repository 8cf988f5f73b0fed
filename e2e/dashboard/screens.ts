import type { Page } from "playwright-core";
import { customerScreens } from "./customer-screens.ts";
import type { DashboardStack } from "./dashboard-stack.ts";
import { exchangeScreens } from "./exchange-screens.ts";
import { operationsScreens } from "./operations-screens.ts";
import { paymentScreens } from "./payment-screens.ts";
import { pricingScreens } from "./pricing-screens.ts";

/** A screen as it is looked at by the tests. */
export interface TestedScreen {
  /** Also the name of its pictures. */
  readonly name: string;
  readonly path: (ids: DashboardStack["ids"]) => string;
  /** What the screen needs besides the common seed; run once before it is opened. */
  readonly seed?: (stack: DashboardStack) => Promise<void>;
  /** Brings it into the state to look at, for example opens a dialog. */
  readonly act?: (page: Page) => Promise<void>;
  /** Another state of a screen that stands here as well: two of the four looks are enough for it. */
  readonly isVariant?: boolean;
  /** Whether it is the page of a customer, by a link, and not an operator's. */
  readonly isCustomers?: boolean;
  /** Whether a call is refused in it, which browsers report. */
  readonly refuses?: boolean;
  /** Looks of which the documentation shows a picture, as "light-1280". */
  readonly pictures?: readonly string[];
}

/** Every screen, in each of its states that look different. */
export const testedScreens: readonly TestedScreen[] = [
  { name: "accounts", path: () => "/accounts" },
  { name: "accounts-none-found", path: () => "/accounts?q=nobody" },
  {
    name: "account",
    path: ({ accountId }) => `/accounts/${accountId}`,
    pictures: ["light-1280", "dark-375"],
  },
  { name: "account-holds", path: ({ accountId }) => `/accounts/${accountId}?tab=holds` },
  { name: "account-grants", path: ({ accountId }) => `/accounts/${accountId}?tab=grants` },
  { name: "account-settings", path: ({ accountId }) => `/accounts/${accountId}?tab=settings` },
  {
    name: "account-change-settings",
    isVariant: true,
    path: ({ accountId }) => `/accounts/${accountId}?tab=settings`,
    act: async (page) => {
      await page.getByRole("button", { name: "Change" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Credit limit").fill("75");
      await dialog.getByLabel("Labels").fill("tier = gold\nregion = eu");
    },
  },
  { name: "account-unknown", path: () => "/accounts/nobody", refuses: true },
  {
    name: "account-adjust",
    path: ({ accountId }) => `/accounts/${accountId}`,
    act: async (page) => {
      await page.getByRole("button", { name: "Adjust" }).click();
      await page.getByRole("textbox", { name: "Amount" }).fill("-3.20");
      await page.getByLabel("Reason").fill("Charged twice on Monday");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.getByRole("dialog").getByText("Idempotency key").waitFor();
    },
  },
  { name: "charge", path: ({ chargeId }) => `/transactions/${chargeId}`, pictures: ["light-1280"] },
  {
    name: "charge-refund",
    path: ({ chargeId }) => `/transactions/${chargeId}`,
    act: async (page) => {
      await page.getByRole("button", { name: "Refund" }).click();
      await page.getByRole("textbox", { name: "Amount" }).waitFor();
    },
  },
  { name: "reservations", path: () => "/reservations" },
  { name: "reservation", path: ({ reservationId }) => `/reservations/${reservationId}` },
  ...operationsScreens,
  ...paymentScreens,
  ...pricingScreens,
  ...exchangeScreens,
  ...customerScreens,
  // Last, when there is most to see.
  { name: "overview", path: () => "/?range=1h", pictures: ["light-1280", "dark-1280"] },
  { name: "no-such-page", path: () => "/nowhere" },
];

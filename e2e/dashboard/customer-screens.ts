import type { TestedScreen } from "./screens.ts";

/** What a customer sees, and how an operator lets them. */
export const customerScreens: readonly TestedScreen[] = [
  { name: "customer", path: () => "/", isCustomers: true, pictures: ["light-1280", "dark-375"] },
  { name: "customer-holds", path: () => "/?tab=holds", isCustomers: true },
  {
    name: "customer-top-up",
    path: () => "/",
    isCustomers: true,
    isVariant: true,
    act: async (page) => {
      await page.getByRole("button", { name: "Add money" }).click();
      await page.getByRole("textbox", { name: "Amount" }).fill("50");
    },
  },
  {
    name: "account-link",
    path: ({ accountId }) => `/accounts/${accountId}`,
    isVariant: true,
    act: async (page) => {
      const dialog = page.getByRole("dialog");
      await page.getByRole("button", { name: "Customer link" }).click();
      await dialog.getByLabel("Reason").fill("Asked for on the phone");
      await dialog.getByRole("button", { name: "Review the effect" }).click();
      await dialog.getByRole("button", { name: "Make the link" }).click();
      await dialog.getByText("Done", { exact: true }).waitFor();
    },
  },
];

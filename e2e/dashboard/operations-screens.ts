import { seedAlerts, seedCorrections } from "./operations-seed.ts";
import type { TestedScreen } from "./screens.ts";

/** Alerts, the audit log and the state of the system. */
export const operationsScreens: readonly TestedScreen[] = [
  { name: "alerts", path: () => "/alerts", seed: seedAlerts, pictures: ["light-1280"] },
  { name: "alerts-history", path: () => "/alerts?tab=history" },
  { name: "alerts-silences", path: () => "/alerts?tab=silences" },
  { name: "alerts-rules", path: () => "/alerts?tab=rules" },
  { name: "alerts-channels", path: () => "/alerts?tab=channels" },
  { name: "alerts-notifications", path: () => "/alerts?tab=deliveries" },
  {
    name: "alert",
    path: () => "/alerts",
    act: async (page) => {
      await page.locator("main .table-link").first().click();
      await page.getByRole("heading", { name: "What to do" }).waitFor();
    },
  },
  {
    name: "alert-silence",
    path: () => "/alerts",
    act: async (page) => {
      await page.getByRole("button", { name: "Silence" }).click();
      await page.getByLabel("Which alerts").fill("alertname = LowBalance");
      await page.getByLabel("Reason").fill("Known, a top-up is on its way");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.getByText("Mutes now").waitFor();
    },
  },
  {
    name: "alert-rule",
    path: () => "/alerts?tab=rules",
    act: async (page) => {
      await page.locator("main .table-link").first().click();
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByText(/times firing/).waitFor();
    },
  },
  { name: "audit", path: () => "/audit", pictures: ["light-1280"] },
  {
    name: "audit-entry",
    path: () => "/audit",
    seed: seedCorrections,
    act: async (page) => {
      await page.getByRole("link", { name: "Adjust balance" }).first().click();
      await page.getByRole("heading", { name: "What changed" }).waitFor();
    },
  },
  {
    name: "audit-verified",
    path: () => "/audit",
    act: async (page) => {
      await page.getByRole("button", { name: "Verify the log" }).click();
      await page.getByText("The log is as it was written").waitFor();
    },
  },
  { name: "system", path: () => "/system", pictures: ["dark-1280"] },
];

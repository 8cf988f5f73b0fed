import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { AdminRole } from "#gen/billing/admin/v1/admin_key_pb.ts";
import { AuditResult } from "#gen/billing/admin/v1/audit_pb.ts";
import { customerJourneys } from "./customer-journeys.ts";
import { type DashboardStack, startDashboardStack } from "./dashboard-stack.ts";
import { creditAccount, openFundedAccount } from "./funded-account.ts";
import { openPage, signIn, waitMs, waitUntilShown } from "./watched-page.ts";

let stack: DashboardStack;

before(async () => {
  stack = await startDashboardStack();
});

after(async () => {
  await stack?.stop();
});

async function openDashboard(key = stack.adminKey) {
  const opened = await openPage(stack.browser, stack.baseURL, { theme: "light", width: 1280 });
  await signIn(opened.page, key);
  return opened;
}

/** Waits until the account's page shows this as available. */
async function availableIs(page: Page, text: string): Promise<void> {
  const value = page.locator(".stat-big .stat-value", { hasText: text });
  await value.waitFor();
}

const maxTabs = 60;

/** Presses Tab until the control of this name has the focus. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < maxTabs; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    if ((await focused.count()) === 0) continue;
    const text = (await focused.getAttribute("aria-label")) ?? (await focused.textContent()) ?? "";
    const label = await focused.evaluate((element) =>
      [...((element as unknown as { labels?: Iterable<{ textContent: string }> }).labels ?? [])]
        .map(({ textContent }) => textContent)
        .join(" "),
    );
    if ([text.trim(), label].some((each) => (typeof name === "string" ? each === name : name.test(each))))
      return;
  }
  assert.fail(`Tab does not lead to ${name}`);
}

test("an operator signs in, finds an account and corrects it by keyboard alone", async () => {
  const accountId = await openFundedAccount(stack, "10");
  const { page, context } = await openPage(stack.browser, stack.baseURL, { theme: "light", width: 1280 });
  await page.goto("/");
  await page.getByLabel("Admin key").waitFor();
  await page.keyboard.type(stack.adminKey);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.getByRole("heading", { name: "Accounts" }).waitFor();
  await page.getByRole("searchbox").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(accountId);
  await page.getByText("1 account", { exact: true }).waitFor();
  await tabTo(page, accountId);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: accountId }).waitFor();
  await page.getByRole("button", { name: "Adjust" }).waitFor();
  await tabTo(page, "Adjust");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("-3.25");
  await tabTo(page, "Reason");
  await page.keyboard.type("Charged twice on Monday");
  await tabTo(page, "Review the effect");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("6.75").waitFor();
  await dialog.getByRole("button", { name: "Adjust", exact: true }).and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Enter");
  await dialog.getByText("Done").waitFor();
  const auditPath = await dialog.getByRole("link", { name: "Entry in the audit log" }).getAttribute("href");
  await dialog.getByRole("button", { name: "Close" }).last().and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });

  const { balance } = await stack.clients.core.getBalance({ accountId });
  assert.equal(balance?.available?.amount, "6.75");
  const requestId = new URL(auditPath ?? "", stack.baseURL).searchParams.get("request") ?? "";
  const { entries } = await stack.clients.admin.listAuditLog({ requestId });
  assert.deepEqual(
    entries.map(({ reason, accountId: account, result }) => [reason, account, result]),
    [["Charged twice on Monday", accountId, AuditResult.SUCCEEDED]],
  );
  await context.close();
});

test("a change of a balance appears as it happens", async (t) => {
  const accountId = await openFundedAccount(stack, "10");
  const { page, context } = await openDashboard();
  await page.goto(`/accounts/${accountId}`);
  await page.locator('.rail [data-connection="live"]').waitFor();
  const begun = performance.now();
  await creditAccount(stack, accountId, "31.5");
  await availableIs(page, "41.50 USD");
  t.diagnostic(`shown ${Math.round(performance.now() - begun)} ms after the call began`);
  await page.getByRole("link", { name: "Credit" }).nth(1).waitFor();
  await context.close();
});

test("a lost connection shows, and what happened meanwhile is there when it heals", async () => {
  const accountId = await openFundedAccount(stack, "10");
  const { page, context } = await openDashboard();
  await page.goto(`/accounts/${accountId}`);
  await page.locator('.rail [data-connection="live"]').waitFor();
  await stack.stack.kill("admin");
  await page.locator("main").getByText("Connection lost").waitFor();
  await creditAccount(stack, accountId, "5");
  await availableIs(page, "10.00 USD");
  // It says so for some seconds, which may be over when Admin is known to be ready.
  const healed = page.getByText("Live again.").waitFor({ timeout: 2 * waitMs });
  await Promise.all([healed, stack.stack.restart("admin")]);
  await availableIs(page, "15.00 USD");
  await context.close();
});

test("whose session is over signs in again and is where they were", async () => {
  const { page, context } = await openDashboard();
  const path = `/accounts/${stack.ids.accountId}?tab=grants`;
  await page.goto(path);
  await waitUntilShown(page);
  await context.clearCookies();
  await page.getByRole("link", { name: "Holds" }).click();
  await page.getByText("Your session is over.").waitFor();
  await page.getByLabel("Admin key").fill(stack.adminKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: stack.ids.accountId }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("tab"), "holds");
  await context.close();
});

test("an operator changes an account's settings after seeing each change", async () => {
  const accountId = await openFundedAccount(stack, "10");
  const { page, context } = await openDashboard();
  await page.goto(`/accounts/${accountId}?tab=settings`);
  await page.getByRole("button", { name: "Change" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Agreed with sales");
  await dialog.getByRole("button", { name: "Review the effect" }).click();
  await dialog.getByText("Nothing is another than before.").waitFor();
  await dialog.getByLabel("Credit limit").fill("25.5");
  await dialog.getByLabel("Price book").selectOption("gold");
  await dialog.getByLabel("Low balance").fill("5\n10 %");
  await dialog.getByLabel("Labels").fill("tier = gold\nowner=ada@acme.example");
  await dialog.getByRole("button", { name: "Review the effect" }).click();
  await dialog.getByText("35.50 USD").waitFor();
  const effect = (await dialog.locator(".action-effect").textContent()) ?? "";
  for (const part of ["default", "gold", "5, 10 %", "Label owner", "Version"])
    assert.ok(effect.includes(part));
  const settings = { accountId, configVersion: 1n, setLabels: { seen: "yes" }, comment: "Somebody else" };
  await stack.clients.core.updateAccount(settings);
  await dialog.getByRole("button", { name: "Change", exact: true }).click();
  await dialog.getByText("Version mismatch").waitFor();
  await page.keyboard.press("Escape");

  await page.reload();
  await page.getByRole("button", { name: "Change" }).click();
  await dialog.getByLabel("Credit limit").fill("25.5");
  await dialog.getByLabel("Labels").fill("tier = gold");
  await dialog.getByLabel("Reason").fill("Agreed with sales");
  await dialog.getByRole("button", { name: "Review the effect" }).click();
  await dialog.getByRole("button", { name: "Change", exact: true }).click();
  await dialog.getByText("Settings version now: 3").waitFor();
  const { account } = await stack.clients.core.getAccount({ accountId });
  assert.deepEqual([account?.creditLimit?.amount, account?.labels], ["25.5", { tier: "gold" }]);
  const { entries } = await stack.clients.admin.listAuditLog({ accountId, result: AuditResult.SUCCEEDED });
  assert.ok(
    entries.some(({ reason, action }) => reason === "Agreed with sales" && /UpdateAccount/.test(action)),
  );
  await context.close();
});

test("a viewer is offered nothing that changes something", async () => {
  const { secret } = await stack.clients.admin.createAdminKey({
    name: `Vera ${randomUUID()}`,
    role: AdminRole.VIEWER,
    reason: "looks at figures",
  });
  const { page, context } = await openDashboard(secret);
  await page.goto(`/accounts/${stack.ids.accountId}`);
  await waitUntilShown(page);
  await page.getByText("Active").waitFor();
  for (const name of ["Credit", "Adjust", "Freeze", "Close account"])
    assert.equal(await page.getByRole("button", { name, exact: true }).count(), 0, name);
  await context.close();
});

test("a wrong key is refused in words", async () => {
  const { page, context } = await openPage(stack.browser, stack.baseURL, { theme: "light", width: 1280 });
  await page.goto("/");
  await page.getByLabel("Admin key").fill("hfk_not-a-key-of-this-system-0000000000");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Admin key invalid").waitFor();
  await context.close();
});

customerJourneys(() => stack);

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { AuditResult } from "#gen/billing/admin/v1/audit_pb.ts";
import { makeCustomerLink } from "./customer-link.ts";
import type { DashboardStack } from "./dashboard-stack.ts";
import { creditAccount, openFundedAccount } from "./funded-account.ts";
import { assertAccessible, assertFits, openPage, signIn, waitMs } from "./watched-page.ts";

/** What a customer does who was sent a link. */
export function customerJourneys(stackOf: () => DashboardStack): void {
  const openLink = async (link: string, width: 1280 | 375 = 1280) => {
    const opened = await openPage(stackOf().browser, stackOf().baseURL, { theme: "light", width });
    await opened.page.goto(link);
    return opened;
  };
  const accountWithLink = async (scopes?: readonly string[]) => {
    const accountId = await openFundedAccount(stackOf(), "40");
    return { accountId, link: await makeCustomerLink(stackOf(), accountId, scopes) };
  };

  test("an operator makes a link, for a reason, and it opens the customer's own page once", async () => {
    const stack = stackOf();
    const accountId = await openFundedAccount(stack, "40");
    const operator = await openPage(stack.browser, stack.baseURL, { theme: "light", width: 1280 });
    await signIn(operator.page, stack.adminKey);
    await operator.page.goto(`/accounts/${accountId}`);
    await operator.page.getByRole("button", { name: "Customer link" }).click();
    const dialog = operator.page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("Asked for on the phone");
    await dialog.getByRole("button", { name: "Review the effect" }).click();
    await dialog.getByRole("button", { name: "Make the link" }).click();
    await dialog.getByText("Done", { exact: true }).waitFor();
    const link = (await dialog.locator("code").first().textContent()) ?? "";

    const first = await openLink(link, 375);
    await canSpend(first.page, "40.00");
    await creditAccount(stack, accountId, "2.5");
    await canSpend(first.page, "42.50");
    await assertAccessible(first.page);
    await assertFits(first.page);
    const secret = new URL(link).hash.slice("#link=".length);
    assert.ok(!first.page.url().includes(secret), "the secret stays in no address");
    // That nobody is signed in yet is an answer 401, which browsers report.
    assert.deepEqual(
      first.complaints.filter((text) => !text.includes("/session")),
      [],
    );
    const second = await openLink(link);
    await second.page.getByText("Ask for a new one").waitFor();

    const { entries } = await stack.clients.admin.listAuditLog({ accountId, targetType: "token" });
    assert.deepEqual(
      entries.map(({ reason, result }) => [reason, result]),
      [["Asked for on the phone", AuditResult.SUCCEEDED]],
    );
    const told = JSON.stringify(entries, (_, value) => (typeof value === "bigint" ? String(value) : value));
    assert.ok(!told.includes(secret) && !stack.stack.lines.some((line) => line.includes(secret)));
    for (const { context } of [operator, first, second]) await context.close();
  });

  test("a customer sees nothing else, whatever address is opened, and the server refuses the rest", async () => {
    const { accountId, link } = await accountWithLink();
    const other = await openFundedAccount(stackOf(), "7");
    const { page, context } = await openLink(link);
    await canSpend(page, "40.00");
    for (const path of ["/accounts", `/accounts/${other}`, "/audit", "/system"]) {
      await page.goto(path);
      await canSpend(page, "40.00");
      assert.equal(await page.getByRole("navigation", { name: "Screens" }).count(), 0);
      assert.ok(!(await page.locator("body").textContent())?.includes(other));
    }
    const core = "billing.core.v1.BillingCoreService";
    const asked: ReadonlyArray<readonly [path: string, request: unknown, status: number]> = [
      [`/rpc/${core}/GetBalance`, { accountId }, 200],
      [`/rpc/${core}/GetBalance`, { accountId: other }, 403],
      [`/rpc/${core}/ListTransactions`, { accountId: other }, 403],
      [`/rpc/${core}/GetAccount`, { accountId }, 403],
      [`/rpc/${core}/ListAccounts`, {}, 403],
      [`/rpc/${core}/Credit`, { accountId }, 403],
      [
        "/rpc/billing.admin.v1.AdminService/CreateCheckoutSession",
        { accountId: other, amount: { currencyCode: "USD", amount: "10" }, idempotencyKey: "of-another" },
        403,
      ],
      ["/rpc/billing.admin.v1.AdminService/IssueToken", { accountId }, 403],
      ["/rpc/billing.admin.v1.AdminService/ListAuditLog", { accountId }, 403],
      ["/rpc/billing.pricing.v1.PricingService/ListPrices", {}, 403],
      ["/rpc/billing.monitoring.v1.MonitoringService/GetSystemHealth", {}, 403],
      [`/admin/accounts/${accountId}`, undefined, 401],
      ["/admin/stats", undefined, 401],
    ];
    for (const [path, request, status] of asked)
      assert.equal(await statusOf(page, path, request, true), status, path);
    assert.equal(await statusOf(page, `/rpc/${core}/GetBalance`, { accountId }, false), 403, "no header");
    const [cookie] = await context.cookies();
    assert.deepEqual(
      [cookie?.name, cookie?.httpOnly, cookie?.sameSite],
      ["holdfast_session", true, "Strict"],
    );
    await context.close();
  });

  test("a customer adds money by card, comes back and sees it", async () => {
    const { link } = await accountWithLink();
    const { page, context } = await openLink(link);
    await page.getByRole("button", { name: "Add money" }).click();
    await page.getByRole("textbox", { name: "Amount" }).fill("1e3");
    await page.getByRole("button", { name: "Go to payment" }).click();
    await page.getByText("An amount such as 50 or 49.90.").waitFor();
    await page.getByRole("textbox", { name: "Amount" }).fill("15");
    await page.getByRole("button", { name: "Go to payment" }).click();
    await page.waitForURL(/\/pay\//, { timeout: waitMs });
    await page.getByRole("button", { name: "Pay by card" }).click();
    await page.getByText("15 USD is in your balance.").waitFor();
    await page.getByRole("link", { name: "Back to your balance" }).click();
    await canSpend(page, "55.00");
    await page.getByText("Money added").first().waitFor();
    await context.close();
  });

  test("a link in place of another shows the account that it is for, and an operator is asked first", async () => {
    const [mine, theirs] = [await accountWithLink(["core.read"]), await accountWithLink()];
    await creditAccount(stackOf(), theirs.accountId, "1");
    const { page, context } = await openLink(mine.link);
    await canSpend(page, "40.00");
    assert.equal(await page.getByRole("button", { name: "Add money" }).count(), 0, "may only look");
    await page.goto("about:blank");
    await page.goto(theirs.link);
    await canSpend(page, "41.00");
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(page, stackOf().adminKey);
    const { link } = await accountWithLink();
    await page.goto("about:blank");
    await page.goto(link);
    await page.getByText("This is a customer's link.").waitFor();
    await page.getByRole("button", { name: "Stay signed in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await context.close();
  });
}

/** Waits until the customer's page says that so much can be spent. */
function canSpend(page: Page, text: string): Promise<void> {
  return page.locator(".stat-big .stat-value", { hasText: text }).waitFor();
}

/** Status of a call with the cookie of the page, with or without the header that proves the page. */
function statusOf(page: Page, path: string, request: unknown, isProved: boolean): Promise<number> {
  const init = request === undefined ? {} : { method: "POST", body: JSON.stringify(request) };
  const script = `fetch("/session").then((answer) => answer.json()).then(({ csrfToken }) =>
    fetch(${JSON.stringify(path)}, {
      ...${JSON.stringify(init)},
      headers: { "content-type": "application/json", ${isProved ? '"x-csrf-token": csrfToken' : ""} },
    })).then(({ status }) => status)`;
  return page.evaluate(script);
}

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { type DashboardStack, startDashboardStack } from "./dashboard-stack.ts";
import { assertAccessible, assertFits, openPage, waitMs } from "./watched-page.ts";

let stack: DashboardStack;

before(async () => {
  stack = await startDashboardStack();
});

after(async () => {
  await stack?.stop();
});

/** An account with 40 dollars and a link to its page. */
async function customerWithLink(scopes = ["core.read", "admin.support"]) {
  const { admin, core } = stack.clients;
  const accountId = `customer-${randomUUID()}`;
  await core.createAccount({ accountId, currencyCode: "USD" });
  await credit(accountId, "40");
  const { linkUrl } = await admin.issueToken({
    subject: "customer",
    scopes,
    accountId,
    reason: "Asked for by the customer",
    asLink: true,
  });
  return { accountId, link: new URL(linkUrl) };
}

async function credit(accountId: string, amount: string): Promise<void> {
  const money = { currencyCode: "USD", amount };
  await stack.clients.core.credit({
    accountId,
    amount: money,
    source: "admin",
    idempotencyKey: randomUUID(),
  });
}

async function openLink(link: URL, width: 1280 | 375 = 1280) {
  const opened = await openPage(stack.browser, stack.baseURL, { theme: "light", width });
  await opened.page.goto(link.pathname + link.hash);
  return opened;
}

function canSpend(page: Page, text: string): Promise<void> {
  return page.locator(".stat-big .stat-value", { hasText: text }).waitFor();
}

test("a link opens the customer's own page, live and fit for a phone", async () => {
  const { accountId, link } = await customerWithLink();
  const { page, complaints, context } = await openLink(link, 375);
  await canSpend(page, "40.00");
  await credit(accountId, "2.5");
  await canSpend(page, "42.50");
  await assertAccessible(page);
  await assertFits(page);
  assert.ok(!page.url().includes(link.hash.slice(6)), "the secret stays in no address");
  // That nobody is signed in yet is an answer 401, which browsers report.
  assert.deepEqual(
    complaints.filter((text) => !text.includes("/session")),
    [],
  );
  await context.close();
});

test("a link works once", async () => {
  const { link } = await customerWithLink();
  const first = await openLink(link);
  await canSpend(first.page, "40.00");
  const second = await openLink(link);
  await second.page.getByText("Ask for a new one").waitFor();
  for (const { context } of [first, second]) await context.close();
});

test("the customer sees nothing else, whatever address is opened, and the server refuses the rest", async () => {
  const { link } = await customerWithLink();
  const other = await customerWithLink();
  const { page, context } = await openLink(link);
  await canSpend(page, "40.00");
  for (const path of ["/accounts", `/accounts/${other.accountId}`, "/audit", "/system"]) {
    await page.goto(path);
    await page.getByRole("heading", { name: "Your balance" }).waitFor();
    assert.equal(await page.getByRole("navigation", { name: "Screens" }).count(), 0);
    assert.ok(!(await page.locator("body").innerText()).includes(other.accountId));
  }
  const asked: ReadonlyArray<readonly [method: string, request: unknown]> = [
    ["billing.core.v1.BillingCoreService/GetBalance", { accountId: other.accountId }],
    ["billing.core.v1.BillingCoreService/ListAccounts", {}],
    ["billing.admin.v1.AdminService/ListAuditLog", {}],
    ["billing.monitoring.v1.MonitoringService/GetSystemHealth", {}],
  ];
  for (const [method, request] of asked) {
    const status = await page.evaluate(
      `fetch("/session").then((answer) => answer.json()).then(({ csrfToken }) => fetch("/rpc/${method}", {
        method: "POST",
        headers: { "content-type": "application/json", "x-csrf-token": csrfToken },
        body: ${JSON.stringify(JSON.stringify(request))},
      })).then(({ status }) => status)`,
    );
    assert.equal(status, 403, method);
  }
  await context.close();
});

test("the customer adds money by card and sees it", async () => {
  const { link } = await customerWithLink();
  const { page, context } = await openLink(link);
  await page.getByRole("button", { name: "Add money" }).click();
  await page.getByRole("textbox", { name: "Amount" }).fill("15");
  await page.getByRole("button", { name: "Go to payment" }).click();
  await page.waitForURL(/\/pay\//, { timeout: waitMs });
  await page.getByRole("button", { name: /^Pay/ }).first().click();
  await page.getByText(/15/).first().waitFor();
  await page.goto("/");
  await canSpend(page, "55.00");
  await context.close();
});

test("whoever may only look is offered no payment", async () => {
  const { link } = await customerWithLink(["core.read"]);
  const { page, context } = await openLink(link);
  await canSpend(page, "40.00");
  assert.equal(await page.getByRole("button", { name: "Add money" }).count(), 0);
  await context.close();
});

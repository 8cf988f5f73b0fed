import type { DashboardStack } from "./dashboard-stack.ts";
import { type Look, openPage, type WatchedPage } from "./watched-page.ts";

/** Makes a link to the page of an account. */
export async function makeCustomerLink(
  { clients }: DashboardStack,
  accountId: string,
  scopes: readonly string[] = ["core.read", "admin.support"],
): Promise<string> {
  const { linkUrl } = await clients.admin.issueToken({
    subject: "customer",
    scopes: [...scopes],
    accountId,
    reason: "Asked for by the customer",
    asLink: true,
  });
  return linkUrl;
}

/** Opens the page of an account as its customer does, by a link of their own. */
export async function openCustomerLink(
  stack: DashboardStack,
  accountId: string,
  look: Look,
): Promise<WatchedPage> {
  const opened = await openPage(stack.browser, stack.baseURL, look);
  await opened.page.goto(await makeCustomerLink(stack, accountId));
  await opened.page.getByRole("heading", { name: "Your balance" }).waitFor();
  return opened;
}

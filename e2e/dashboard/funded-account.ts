import { randomUUID } from "node:crypto";
import type { DashboardStack } from "./dashboard-stack.ts";

type Services = Pick<DashboardStack, "clients">;

/** Opens an account in dollars with so much in it, and gives its id. */
export async function openFundedAccount(services: Services, amount: string): Promise<string> {
  const accountId = `journey-${randomUUID()}`;
  await services.clients.core.createAccount({ accountId, currencyCode: "USD" });
  await creditAccount(services, accountId, amount);
  return accountId;
}

/** Adds dollars to an account. */
export async function creditAccount({ clients }: Services, accountId: string, amount: string): Promise<void> {
  await clients.core.credit({
    accountId,
    amount: { currencyCode: "USD", amount },
    source: "admin",
    idempotencyKey: randomUUID(),
  });
}

import { randomUUID } from "node:crypto";
import type { CoreClient } from "./running-core.ts";

/** A new account with money in it. */
export async function openFundedAccount(
  client: CoreClient,
  currencyCode = "USD",
  amount = "10",
): Promise<string> {
  const accountId = `account-${randomUUID()}`;
  await client.createAccount({ accountId, currencyCode });
  await client.credit({
    accountId,
    amount: { currencyCode, amount },
    source: "admin",
    idempotencyKey: "fund",
  });
  return accountId;
}

/** A price that is an amount. */
export const amount = (value: string, currencyCode = "USD") => ({
  case: "amount" as const,
  value: { money: { currencyCode, amount: value } },
});

/** A price by usage: so many tokens at the price that the fake Pricing has. */
export const tokens = (count: string, priceId = "test/model") => ({
  case: "usage" as const,
  value: { usages: [{ priceId, quantities: { tokens: count } }] },
});

/** The system of the tests of outages, and what is there before each of them. */
import { randomUUID } from "node:crypto";
import { after, before } from "node:test";
import { type Clients, clientsWith, type GrpcTransports, openGrpcTransports } from "./services.ts";
import { startTestStack, type TestStack } from "./test-stack.ts";

export const model = "openai/gpt-4o";
export const quantities = { input_tokens: "1000", output_tokens: "500" };
/** For a part to come back and for the others to notice. */
export const recoveredWithinMs = 60_000;

export let stack: TestStack;
let transports: GrpcTransports;
export let token: string;
export let clients: Clients;

before(async () => {
  stack = await startTestStack();
  transports = openGrpcTransports(stack);
  token = await stack.token();
  clients = clientsWith(transports, token);
});

after(async () => {
  transports?.close();
  await stack?.stop();
});

export const money = (amount: string, currencyCode = "USD") => ({ currencyCode, amount });
export const byAmount = (amount: string) => ({ case: "amount" as const, value: { money: money(amount) } });
export const byUsage = () => ({
  case: "usage" as const,
  value: { usages: [{ priceId: model, quantities }] },
});

/** A new account with 10 of its currency in it. */
export async function fundedAccount(currencyCode: "USD" | "EUR" = "USD"): Promise<string> {
  const accountId = `outage-${randomUUID()}`;
  await clients.core.createAccount({ accountId, currencyCode });
  const amount = money("10", currencyCode);
  await clients.core.credit({ accountId, amount, source: "admin", idempotencyKey: "fund" });
  return accountId;
}

/** A hold by usage with its price, and for an account in euros its rate, fixed. */
export async function reserveByUsage(accountId: string): Promise<string> {
  const request = { accountId, price: byUsage(), idempotencyKey: `reserve-${randomUUID()}` };
  const { reservation } = await clients.core.reserve(request);
  return reservation?.reservationId ?? "";
}

/** What is there before each outage. */
export interface Scene {
  readonly dollars: string;
  readonly euros: string;
  readonly heldInEuros: string;
  readonly transactionId: string;
}

/** Calls that between them need every part, each with a fresh key, so that they may be made again and again. */
export const calls: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  "core: read a balance": ({ dollars }) => clients.core.getBalance({ accountId: dollars }),
  "core: charge an amount": ({ dollars }) =>
    clients.core.charge({ accountId: dollars, price: byAmount("0.01"), idempotencyKey: randomUUID() }),
  "core: charge usage": ({ dollars }) =>
    clients.core.charge({ accountId: dollars, price: byUsage(), idempotencyKey: randomUUID() }),
  "core: reserve usage priced in another currency": ({ euros }) =>
    clients.core.reserve({ accountId: euros, price: byUsage(), idempotencyKey: randomUUID() }),
  "pricing: calculate": () => clients.pricing.calculatePrice({ usage: { priceId: model, quantities } }),
  "exchange: get a rate": () => clients.exchange.getRate({ fromCurrency: "EUR", toCurrency: "USD" }),
  "monitoring: system health": () => clients.monitoring.getSystemHealth({}),
  "admin: statistics": () => clients.admin.getStats({}),
};

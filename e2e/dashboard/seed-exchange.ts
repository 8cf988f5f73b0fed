import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { PaymentStack } from "../testing/payment-stack.ts";

/** What screens of rates need in their addresses. */
export interface SeededExchange {
  /** A rate promised to an account. */
  readonly quoteId: string;
}

const dayMs = 86_400_000;

/** A manual rate, a unit of one's own and a quote, for accounts that the common seed has opened. */
export async function seedExchange({ clients }: Pick<PaymentStack, "clients">): Promise<SeededExchange> {
  const { exchange } = clients;
  await exchange.setRate({
    baseCurrency: "USD",
    quoteCurrency: "CHF",
    rate: "0.8125",
    endsAt: timestampFromMs(Date.now() + 3 * dayMs),
    acceptJump: true,
    comment: "Agreed with the bank until the weekend",
  });
  await exchange.createCurrency({
    currencyCode: "TOKEN",
    displayName: "Tokens of the shop",
    minorDigits: 0,
    costBasis: { referenceCurrency: "USD", value: "0.01" },
  });
  const { quote } = await exchange.createQuote({
    accountId: "acme-robotics",
    fromCurrency: "USD",
    toCurrency: "EUR",
    ttl: durationFromMs(dayMs),
    spread: "0.005",
    maxUses: 3,
    maxAmount: "500",
    idempotencyKey: "seed-quote",
  });
  assert.ok(quote);
  return { quoteId: quote.quoteId };
}

/** Lets a provider publish rates twice so far apart that the second ones are held: of EUR to ISK and to NOK. */
export async function seedHeldRates({ clients, stack }: PaymentStack): Promise<void> {
  const { exchange } = clients;
  const providerId = "static";
  await exchange.updateProvider({ providerId, configVersion: 1n, enabled: true });
  const file = join(stack.environment.DATA_DIR ?? "", "exchange-rates.json");
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  const publications = [
    { base: "EUR", published_at: hoursAgo(2), rates: { ISK: "143.2", NOK: "11.61" } },
    { base: "EUR", published_at: hoursAgo(1), rates: { ISK: "268.5", NOK: "23.4" } },
  ];
  for (const publication of publications) {
    await writeFile(file, JSON.stringify(publication));
    await exchange.refreshRates({ providerIds: [providerId] });
  }
  const { heldRates } = await exchange.listHeldRates({});
  assert.equal(heldRates.length, 2, "both jumps are held");
}

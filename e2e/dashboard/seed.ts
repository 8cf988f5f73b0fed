import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import type { PaymentStack } from "../testing/payment-stack.ts";

/** What screens need in their addresses. */
export interface SeededIds {
  /** An account in which much happened. */
  readonly accountId: string;
  /** A charge by usage, converted from another currency. */
  readonly chargeId: string;
  /** An open hold. */
  readonly reservationId: string;
}

const dayMs = 86_400_000;
const usd = (amount: string) => ({ currencyCode: "USD", amount });
const eur = (amount: string) => ({ currencyCode: "EUR", amount });

/** Lets customers live for a while, so that screens have something to show. */
export async function seed({ clients }: Pick<PaymentStack, "clients">): Promise<SeededIds> {
  const { core } = clients;
  const accountId = "acme-robotics";
  await core.createAccount({
    accountId,
    currencyCode: "EUR",
    creditLimit: eur("50"),
    labels: { tier: "gold", region: "eu", owner: "ada@acme.example" },
    lowBalanceThresholds: [{ level: { case: "amount", value: "25" } }],
  });
  await core.credit({
    accountId,
    amount: eur("250"),
    source: "admin",
    externalReference: "transfer-118",
    description: "Bank transfer 118",
    idempotencyKey: "seed-credit",
  });
  await core.credit({
    accountId,
    amount: eur("20"),
    source: "promo",
    kind: CreditKind.PROMOTIONAL,
    priority: 10,
    expiresAt: timestampFromMs(Date.now() + 30 * dayMs),
    description: "Welcome credit",
    idempotencyKey: "seed-promo",
  });
  let chargeId = "";
  for (const [index, inputTokens] of ["1200", "48000", "910000", "2500000"].entries()) {
    const { transaction } = await core.charge({
      accountId,
      price: {
        case: "usage",
        value: {
          usages: [
            { priceId: "openai/gpt-4o", quantities: { input_tokens: inputTokens, output_tokens: "350000" } },
          ],
        },
      },
      description: `Conversation ${index + 1}`,
      idempotencyKey: `seed-charge-${index}`,
    });
    chargeId = transaction?.transactionId ?? chargeId;
  }
  const hold = await core.reserve({
    accountId,
    price: { case: "amount", value: { money: eur("12.5") } },
    holdTtl: durationFromMs(3_600_000),
    description: "Batch of translations",
    idempotencyKey: "seed-hold",
  });
  await seedOthers(clients);
  return { accountId, chargeId, reservationId: hold.reservation?.reservationId ?? "" };
}

/** Accounts in every state. */
async function seedOthers({ core }: PaymentStack["clients"]): Promise<void> {
  const others = [
    ["northwind-labs", "1840.2"],
    ["helios.ai", "96.415"],
    ["quiet-harbor", "0"],
    ["umbra-studio", "7.03"],
    ["a-customer-with-a-long-name-that-does-not-fit-on-a-phone@example.com", "123456789.123456"],
  ] as const;
  await Promise.all(
    others.map(async ([accountId, amount]) => {
      await core.createAccount({ accountId, currencyCode: "USD", labels: { tier: "standard" } });
      if (amount !== "0")
        await core.credit({ accountId, amount: usd(amount), source: "admin", idempotencyKey: "seed-credit" });
    }),
  );
  await core.freezeAccount({
    accountId: "umbra-studio",
    freezeReason: "dispute:dp_1",
    comment: "Chargeback",
  });
  await core.closeAccount({ accountId: "quiet-harbor", comment: "Asked for by the customer" });
  await core.adjustBalance({
    accountId: "helios.ai",
    amount: usd("-130"),
    reason: "Usage of March that was not charged",
    allowNegative: true,
    idempotencyKey: "seed-debt",
  });
}

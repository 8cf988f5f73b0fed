import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { DashboardStack } from "./dashboard-stack.ts";

const tickMs = 1_500;
/** Charges of one tick swing between 1 and 7 as days do, only faster. */
const chargesAt = (tick: number) => Math.round(4 + 3 * Math.sin(tick / 12));
const models = ["openai/gpt-4o", "openai/gpt-4o-mini"] as const;
const customers = ["amber-fox", "blue-heron", "cobalt-works"] as const;
const usd = (amount: string) => ({ currencyCode: "USD", amount });

/** Customers that go on charging and holding, and sometimes are declined, until they are stopped. */
export async function startLiving({ clients }: DashboardStack): Promise<() => Promise<void>> {
  const { core } = clients;
  for (const accountId of customers) {
    await core.createAccount({ accountId, currencyCode: "USD", labels: { tier: "standard" } });
    await core.credit({ accountId, amount: usd("500"), source: "admin", idempotencyKey: "living" });
  }
  await core.createAccount({ accountId: "nearly-empty", currencyCode: "USD" });
  const charge = (accountId: string, number: number) =>
    core.charge({
      accountId,
      price: {
        case: "usage",
        value: {
          usages: [
            {
              priceId: models[number % models.length]!,
              quantities: { input_tokens: String(900 + number * 137), output_tokens: "420" },
            },
          ],
        },
      },
      idempotencyKey: randomUUID(),
    });
  const hold = (accountId: string) =>
    core.reserve({
      accountId,
      price: { case: "amount", value: { money: usd("0.85") } },
      description: "Summary of a meeting",
      idempotencyKey: randomUUID(),
    });
  const live = async (tick: number) => {
    const charges = Array.from({ length: chargesAt(tick) }, (_, number) =>
      charge(customers[number % customers.length]!, tick + number),
    );
    const declined = tick % 4 === 0 ? [charge("nearly-empty", tick)] : [];
    const holds = tick % 6 === 0 ? [hold(customers[tick % customers.length]!)] : [];
    // A decline is part of life.
    await Promise.allSettled([...charges, ...declined, ...holds]);
  };
  let isStopped = false;
  const life = (async () => {
    for (let tick = 0; !isStopped; tick += 1) {
      await live(tick);
      await pause(tickMs);
    }
  })();
  return () => {
    isStopped = true;
    return life;
  };
}

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Clients } from "../testing/services.ts";

type Core = Clients["core"];

const dollars = (amount: string) => ({ currencyCode: "USD", amount });
const amountPrice = (amount: string) => ({ case: "amount" as const, value: { money: dollars(amount) } });

/** Work of every kind on accounts of its own, until stopped. */
export interface LedgerLoad {
  readonly accountIds: readonly string[];
  /** Ends after the calls under way. */
  stop(): Promise<void>;
}

/** Opens accounts and moves money on all of them at the same time. */
export async function startLedgerLoad(core: Core, accounts: number): Promise<LedgerLoad> {
  const accountIds = Array.from({ length: accounts }, () => `load-${randomUUID()}`);
  await Promise.all(accountIds.map((accountId) => openAccount(core, accountId)));
  let stopped = false;
  const work = accountIds.map(async (accountId) => {
    for (let round = 0; !stopped; round++) {
      await workOnce(core, accountId, round);
      // Its pace, so that it leaves the machine to what is tested.
      await pause(20);
    }
  });
  return {
    accountIds,
    stop: async () => {
      stopped = true;
      await Promise.all(work);
    },
  };
}

async function openAccount(core: Core, accountId: string): Promise<void> {
  await core.createAccount({ accountId, currencyCode: "USD" });
  const amount = dollars("1000");
  await core.credit({
    accountId,
    amount,
    source: "stripe",
    externalReference: "first",
    idempotencyKey: "first",
  });
  const expiresAt = { seconds: BigInt(Math.floor(Date.now() / 1_000) + 86_400), nanos: 0 };
  await core.credit({
    accountId,
    amount: dollars("1.5"),
    source: "promo",
    kind: 2,
    expiresAt,
    idempotencyKey: "grant",
  });
}

/** A charge, and now and then something else. */
async function workOnce(core: Core, accountId: string, round: number): Promise<void> {
  const charged = await core.charge({ accountId, price: amountPrice("0.07"), idempotencyKey: randomUUID() });
  const transactionId = charged.transaction!.transactionId;
  switch (round % 6) {
    case 0: {
      const hold = await core.reserve({ accountId, price: amountPrice("0.5"), idempotencyKey: randomUUID() });
      const reservationId = hold.reservation!.reservationId;
      const commit = {
        reservationId,
        price: amountPrice("0.2"),
        keepOpen: true,
        idempotencyKey: randomUUID(),
      };
      await core.commit(commit);
      if (round % 12 === 0)
        await core.commit({ reservationId, price: amountPrice("0.6"), idempotencyKey: randomUUID() });
      return;
    }
    case 1:
      await core.refund({ transactionId, reason: "test", idempotencyKey: randomUUID() });
      return;
    case 2: {
      const hold = await core.reserve({ accountId, price: amountPrice("0.3"), idempotencyKey: randomUUID() });
      await core.release({ reservationId: hold.reservation!.reservationId, idempotencyKey: randomUUID() });
      return;
    }
    case 3:
      await core.adjustBalance({
        accountId,
        amount: dollars("-0.01"),
        reason: "test",
        idempotencyKey: randomUUID(),
      });
      return;
    default:
  }
}

import { setTimeout as pause } from "node:timers/promises";
import type { Clients } from "./services.ts";

type Core = Clients["core"];

/** Charges of one unit each, every one with a key of its own and on an account that follows from its number. */
export interface ChargingLoad {
  /** Answered charges: transaction id by number. */
  readonly acknowledged: ReadonlyMap<number, string>;
  /** Calls that failed; each was sent again later, with its key. */
  readonly failedCalls: number;
  /** Lets every charge under way get its answer; gives how many there are. */
  stop(): Promise<number>;
}

const workers = 16;
const pauseMs = 50;
const answeredWithinMs = 120_000;

/** The request of a charge by its number. */
export function numberedCharge(accountIds: readonly string[], number: number) {
  return {
    accountId: accountIds[number % accountIds.length]!,
    price: { case: "amount", value: { money: { currencyCode: "USD", amount: "0.01" } } },
    idempotencyKey: `charge-${number}`,
  } as const;
}

/** Opens accounts that can go far below zero. */
export async function openAccounts(core: Core, prefix: string, count: number): Promise<string[]> {
  const accountIds = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  const creditLimit = { currencyCode: "USD", amount: "1000000" };
  for (const accountId of accountIds)
    await core.createAccount({ accountId, currencyCode: "USD", creditLimit });
  return accountIds;
}

/** Charges until it is stopped, by all of these clients in turn; a call that failed is made again with its key. */
export function startCharging(cores: readonly Core[], accountIds: readonly string[]): ChargingLoad {
  const acknowledged = new Map<number, string>();
  let sent = 0;
  let failedCalls = 0;
  let stopped = false;
  const charge = async (number: number): Promise<void> => {
    const deadlineMs = Date.now() + answeredWithinMs;
    for (let turn = number; ; turn++) {
      try {
        const core = cores[turn % cores.length]!;
        const { transaction } = await core.charge(numberedCharge(accountIds, number), { timeoutMs: 20_000 });
        acknowledged.set(number, transaction!.transactionId);
        return;
      } catch (error) {
        failedCalls++;
        if (Date.now() > deadlineMs) throw error;
        await pause(pauseMs);
      }
    }
  };
  const work = async () => {
    while (!stopped) await charge(sent++);
  };
  const working = Promise.all(Array.from({ length: workers }, work));
  return {
    acknowledged,
    get failedCalls() {
      return failedCalls;
    },
    stop: async () => {
      stopped = true;
      await working;
      return sent;
    },
  };
}

/** Makes all charges again: gives how many were answered otherwise than before or anew. */
export async function countChanged(
  core: Core,
  accountIds: readonly string[],
  acknowledged: ReadonlyMap<number, string>,
): Promise<number> {
  let changed = 0;
  const waiting = acknowledged.entries();
  const work = async () => {
    for (const [number, transactionId] of waiting) {
      const { transaction, idempotentReplay } = await core.charge(numberedCharge(accountIds, number));
      if (!idempotentReplay || transaction?.transactionId !== transactionId) changed++;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return changed;
}

/** What all accounts together spent, in hundredths, and whether each verifies. */
export async function spentOf(core: Core, accountIds: readonly string[]) {
  let hundredths = 0;
  const inconsistent: string[] = [];
  for (const accountId of accountIds) {
    const { balance } = await core.getBalance({ accountId });
    hundredths += Math.round(Number(balance!.spent!.amount) * 100);
    const { verification } = await core.verifyAccount({ accountId });
    if (!verification!.consistent) inconsistent.push(accountId);
  }
  return { charges: hundredths, inconsistent };
}

import { runMany } from "../../services/core/domain/testing/run-many.ts";
import { startTestLedger, type TestLedger } from "../../services/core/domain/testing/test-ledger.ts";
import { readRedisCpuMs } from "./redis-cpu.ts";

/** CPU of Redis for one operation at one size of the ledger. */
export interface FunctionCost {
  /** For example `1000 accounts`. */
  readonly size: string;
  readonly operation: string;
  readonly redisMicros: number;
}

const measuredCalls = 5_000;
/** As many as travel together in one call of a batch. */
const atOnce = 64;
/** The cost of the function alone: what the append-only file adds is the same at every size. */
const settings = { maxmemory: "0", appendonly: "no" };
const journalLengths = [10, 1_000, 10_000, 100_000];

/** Cost from a thousand accounts up to `mostAccounts`, in steps of ten. */
export async function measureByAccounts(mostAccounts: number): Promise<FunctionCost[]> {
  await using ledger = await startTestLedger({ settings });
  const costs: FunctionCost[] = [];
  let created = 0;
  for (let target = 1_000; target <= mostAccounts; target *= 10) {
    const from = created;
    await runMany(target - from, atOnce * 4, (index) =>
      ledger.create(`customer-${from + index}`, 10n ** 12n),
    );
    created = target;
    // A stride that meets all residues, so that calls do not stay among the youngest accounts.
    const accountOf = (index: number): string => `customer-${(index * 7_919) % created}`;
    costs.push(...(await measureOperations(ledger, `${created} accounts`, accountOf)));
  }
  return costs;
}

/** Cost on one account as its journal grows. */
export async function measureByJournalLength(): Promise<FunctionCost[]> {
  await using ledger = await startTestLedger({ settings });
  const costs: FunctionCost[] = [];
  for (const length of journalLengths) {
    const accountId = `journal-${length}`;
    await ledger.create(accountId, 10n ** 12n);
    await runMany(length - 1, atOnce, () => ledger.charge(accountId, 1n));
    costs.push(...(await measureOperations(ledger, `${length} entries in the journal`, () => accountId)));
  }
  return costs;
}

async function measureOperations(
  ledger: TestLedger,
  size: string,
  accountOf: (index: number) => string,
): Promise<FunctionCost[]> {
  const holds: string[] = [];
  const operations: ReadonlyArray<[operation: string, call: (index: number) => Promise<unknown>]> = [
    ["charge", (index) => ledger.charge(accountOf(index), 1n)],
    [
      "reserve",
      async (index) => {
        const { reservation } = await ledger.reserve(accountOf(index), 1n);
        holds.push(reservation.reservationId);
      },
    ],
    ["commit", () => ledger.commit(holds.pop() ?? "", 1n)],
    ["read_account", (index) => ledger.ledger.getAccount(accountOf(index))],
  ];
  const costs: FunctionCost[] = [];
  for (const [operation, call] of operations) {
    const beforeMs = await readRedisCpuMs(ledger.redis);
    await runMany(measuredCalls, atOnce, call);
    const cpuMs = (await readRedisCpuMs(ledger.redis)) - beforeMs;
    costs.push({ size, operation, redisMicros: (cpuMs * 1_000) / measuredCalls });
  }
  return costs;
}

import assert from "node:assert/strict";
import { type TransactionType, TransactionTypeSchema } from "#gen/billing/core/v1/transaction_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import type { Clients } from "../testing/services.ts";
import { readMetricsPage, sumOf } from "./metrics-page.ts";

const patientMs = 120_000;
/** A comparison reads all journals. */
const pollMs = 250;

/** What Core says of all accounts together. */
export async function askCore(core: Clients["core"], accountIds: readonly string[]) {
  const sums = { entries: 0, posted: 0, reserved: 0, spent: 0, funded: 0, openHolds: 0 };
  const types = new Map<TransactionType, number>();
  await Promise.all(
    accountIds.map(async (accountId) => {
      const { balance } = await core.getBalance({ accountId });
      sums.entries += Number(balance!.sequence);
      sums.posted += Number(balance!.posted!.amount);
      sums.reserved += Number(balance!.reserved!.amount);
      sums.spent += Number(balance!.spent!.amount);
      sums.funded += Number(balance!.funded!.amount);
      for await (const { transactions } of core.exportTransactions({ accountId })) {
        for (const { type, openHoldsChange } of transactions) {
          sums.openHolds += openHoldsChange;
          types.set(type, (types.get(type) ?? 0) + 1);
        }
      }
    }),
  );
  return { sums, types };
}

/** What Monitoring counted, in the same words. */
export async function askMonitoring(baseUrl: string) {
  const page = await readMetricsPage(baseUrl);
  const of = (name: string) => sumOf(page, name);
  return {
    page,
    sums: {
      entries: of("billing_ledger_entries_total"),
      posted: of("billing_liabilities") + of("billing_debts"),
      reserved: of("billing_reserved"),
      spent: of("billing_spent_total") - of("billing_refunded_total"),
      funded:
        of("billing_credited_total") +
        of('billing_adjusted_total{currency="USD",direction="up"') -
        of('billing_adjusted_total{currency="USD",direction="down"'),
      openHolds: of("billing_open_holds"),
    },
  };
}

/** Waits until Monitoring has counted what Core has, neither more nor less. */
export async function assertEqualCounts(
  core: Clients["core"],
  monitoringUrl: string,
  accountIds: readonly string[],
): Promise<void> {
  // Core is asked again as well: holds that were left open may end meanwhile.
  const compare = async () => {
    const { sums, types } = await askCore(core, accountIds);
    const counted = await askMonitoring(monitoringUrl);
    for (const [name, expected] of Object.entries(sums)) {
      const found = counted.sums[name as keyof typeof sums];
      assert.equal(found.toFixed(6), expected.toFixed(6), name);
    }
    for (const [type, expected] of types) {
      const name = TransactionTypeSchema.value[type]!.localName;
      assert.equal(counted.page.get(`billing_ledger_entries_total{type="${name}"}`), String(expected), name);
    }
  };
  await eventually(compare, patientMs, pollMs);
}

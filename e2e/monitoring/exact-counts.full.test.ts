import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { type Clients, clientsWith, type GrpcTransports, openGrpcTransports } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { startLedgerLoad } from "./ledger-load.ts";
import { readMetricsPage, sumOf } from "./metrics-page.ts";

const patientMs = 60_000;

let stack: TestStack;
let transports: GrpcTransports;
let clients: Clients;

before(async () => {
  // Small bounds, so that an outbox loses what Monitoring has not read within seconds.
  stack = await startTestStack({ CORE_OUTBOX_ENTRIES: "100", CORE_OUTBOX_READER_SILENCE_MS: "3000" });
  transports = openGrpcTransports(stack);
  clients = clientsWith(transports, await stack.token());
});
after(async () => {
  transports?.close();
  await stack?.stop();
});

/** What Core says of all accounts together. */
async function askCore(accountIds: readonly string[]) {
  const sums = { entries: 0, posted: 0, reserved: 0, spent: 0, funded: 0, openHolds: 0 };
  const types = new Map<number, number>();
  await Promise.all(
    accountIds.map(async (accountId) => {
      const { balance } = await clients.core.getBalance({ accountId });
      sums.entries += Number(balance!.sequence);
      sums.posted += Number(balance!.posted!.amount);
      sums.reserved += Number(balance!.reserved!.amount);
      sums.spent += Number(balance!.spent!.amount);
      sums.funded += Number(balance!.funded!.amount);
      for await (const { transactions } of clients.core.exportTransactions({ accountId })) {
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
async function askMonitoring() {
  const page = await readMetricsPage(stack.url("monitoring"));
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
async function assertEqualCounts(accountIds: readonly string[]): Promise<void> {
  const { sums, types } = await askCore(accountIds);
  await eventually(async () => {
    const counted = await askMonitoring();
    for (const [name, expected] of Object.entries(sums)) {
      const found = counted.sums[name as keyof typeof sums];
      assert.equal(found.toFixed(6), expected.toFixed(6), name);
    }
    for (const [type, expected] of types) {
      const name = entryNames[type - 1];
      assert.equal(counted.page.get(`billing_ledger_entries_total{type="${name}"}`), String(expected), name);
    }
  }, patientMs);
}

/** In the order of Core's numbers, from 1. */
const entryNames = [
  "ACCOUNT_CREATED",
  "CREDIT",
  "CHARGE",
  "RESERVE",
  "EXTEND",
  "COMMIT",
  "RELEASE",
  "HOLD_EXPIRED",
  "GRANT_EXPIRED",
  "REFUND",
  "CREDIT_REVERSED",
  "ADJUSTMENT",
];

const allAccounts: string[] = [];

test("every event is counted once although Monitoring is killed at random moments under load", async () => {
  const load = await startLedgerLoad(clients.core, 6);
  allAccounts.push(...load.accountIds);
  for (let kill = 0; kill < 4; kill++) {
    await pause(200 + Math.random() * 600);
    await stack.kill("monitoring");
    await stack.restart("monitoring");
  }
  await load.stop();
  await assertEqualCounts(allAccounts);
});

test("a Monitoring that was down for so long that the outboxes lost entries catches up from the journal", async () => {
  const load = await startLedgerLoad(clients.core, 4);
  allAccounts.push(...load.accountIds);
  await assertLevelOff();
  await stack.kill("monitoring");
  await waitUntil(
    "the ledger gives up waiting and trims",
    async () => {
      const page = await readMetricsPage(stack.url("core"));
      return Number(page.get("billing_core_outbox_readers_lagged")) > 0;
    },
    patientMs,
  );
  // The tail that is always kept is over.
  await pause(6_000);
  await load.stop();
  await stack.restart("monitoring");
  await assertEqualCounts(allAccounts);
  const { page } = await askMonitoring();
  assert.ok(Number(page.get("billing_intake_refilled_events_total")) > 0, "nothing came from the journal");
});

/** Something of the load was counted, so that the accounts are known. */
async function assertLevelOff(): Promise<void> {
  await eventually(async () => {
    const { sums } = await askMonitoring();
    assert.ok(sums.entries > 0);
  }, patientMs);
}

test("the overview shows what Core says, and each service is asked", async () => {
  const { sums } = await askCore(allAccounts);
  await eventually(async () => {
    const { overview } = await clients.monitoring.getOverview({});
    assert.deepEqual(overview?.partialReasons, []);
    const [dollars] = overview!.positions;
    assert.equal(Number(dollars?.liabilities).toFixed(6), sums.posted.toFixed(6));
    assert.equal(Number(dollars?.reserved).toFixed(6), sums.reserved.toFixed(6));
    assert.equal(dollars?.accountCount, BigInt(allAccounts.length));
    const up = { metric: "billing_service_up", groupBy: ["service"] };
    const { results } = await clients.monitoring.queryMetrics({ queries: [up] });
    const states = results[0]!.series.map(({ labels, values }) => [
      labels.service,
      values.findLast((value) => value !== ""),
    ]);
    assert.deepEqual(
      states.sort(),
      ["admin", "core", "exchange", "monitoring", "pricing"].map((service) => [service, "1"]),
    );
  }, patientMs);
});

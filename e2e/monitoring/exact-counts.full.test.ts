import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { type Clients, clientsWith, type GrpcTransports, openGrpcTransports } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { askCore, askMonitoring, assertEqualCounts } from "./compare-counts.ts";
import { startLedgerLoad } from "./ledger-load.ts";
import { readMetricsPage } from "./metrics-page.ts";

const patientMs = 120_000;

let stack: TestStack;
let transports: GrpcTransports;
let clients: Clients;

/** Small, so that an outbox loses within seconds what Monitoring has not read. */
const outboxEntries = 100;

before(async () => {
  stack = await startTestStack({
    CORE_OUTBOX_ENTRIES: String(outboxEntries),
    CORE_OUTBOX_READER_SILENCE_MS: "3000",
  });
  transports = openGrpcTransports(stack);
  clients = clientsWith(transports, await stack.token());
});
after(async () => {
  transports?.close();
  await stack?.stop();
});

const allAccounts: string[] = [];

test("every event is counted once although Monitoring is killed at random moments under load", async () => {
  const load = await startLedgerLoad(clients.core, 6);
  allAccounts.push(...load.accountIds);
  for (let kill = 0; kill < 4; kill++) {
    // Time itself is what is drawn: the kill comes at any moment of the work.
    await pause(200 + Math.random() * 600);
    await stack.kill("monitoring");
    await stack.restart("monitoring");
  }
  await load.stop();
  await assertEqualCounts(clients.core, stack.url("monitoring"), allAccounts);
});

test("a Monitoring that was down for so long that the outboxes lost entries catches up from the journal", async () => {
  const load = await startLedgerLoad(clients.core, 4);
  allAccounts.push(...load.accountIds);
  await assertLevelOff();
  await stack.kill("monitoring");
  await assertBoundedWhileLosing(load.accountIds.length);
  await load.stop();
  await stack.restart("monitoring");
  await assertEqualCounts(clients.core, stack.url("monitoring"), allAccounts);
  const { page } = await askMonitoring(stack.url("monitoring"));
  assert.ok(Number(page.get("billing_intake_refilled_events_total")) > 0, "nothing came from the journal");
});

/**
 * Waits until the outboxes lost, of what Monitoring did not read, more than they may hold of the accounts under
 * load, and checks that none was ever longer than its bound.
 */
async function assertBoundedWhileLosing(accountsUnderLoad: number): Promise<void> {
  const { sums } = await askCore(clients.core, allAccounts);
  const lost = sums.entries + accountsUnderLoad * outboxEntries;
  let longest = 0;
  await waitUntil(
    "the ledger gives up waiting and trims what was not read",
    async () => {
      const page = await readMetricsPage(stack.url("core"));
      longest = Math.max(longest, Number(page.get("billing_core_outbox_length_max")));
      const lagged = Number(page.get("billing_core_outbox_readers_lagged"));
      return lagged > 0 && Number(page.get("billing_core_outbox_trimmed_total")) > lost;
    },
    patientMs,
  );
  assert.ok(longest > 0 && longest <= outboxEntries, `an outbox had ${longest} entries`);
}

/** Something of the load was counted, so that the accounts are known. */
async function assertLevelOff(): Promise<void> {
  await eventually(async () => {
    const { sums } = await askMonitoring(stack.url("monitoring"));
    assert.ok(sums.entries > 0);
  }, patientMs);
}

test("the overview shows what Core says, and each service is asked", async () => {
  await eventually(async () => {
    const { sums } = await askCore(clients.core, allAccounts);
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

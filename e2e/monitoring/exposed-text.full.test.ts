import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { serviceNames } from "../../tools/local/ports.ts";
import { findPrometheusTools, type RunPrometheusTool } from "../testing/prometheus-tools.ts";
import { clientsWith, openGrpcTransports } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { startLedgerLoad } from "./ledger-load.ts";
import { readMetricsPage, sumOf } from "./metrics-page.ts";

const patientMs = 120_000;
const doors = [...serviceNames, "adminHttp"] as const;

const tools = await findPrometheusTools();
if (tools !== undefined) {
  describe("promtool accepts", () => checkPages(tools, "1"));
  describe("promtool accepts of services with two workers, whose pages are put together,", () =>
    checkPages(tools, "2"));
}

function checkPages(run: RunPrometheusTool, workers: string): void {
  let stack: TestStack;
  before(async () => {
    stack = await startTestStack({ WORKERS: workers });
    const transports = openGrpcTransports(stack);
    const { core } = clientsWith(transports, await stack.token());
    const load = await startLedgerLoad(core, 2);
    await load.stop();
    await eventually(async () => {
      const page = await readMetricsPage(stack.url("monitoring"));
      assert.ok(sumOf(page, "billing_ledger_entries_total") > 0, "nothing was counted yet");
    }, patientMs);
    transports.close();
  });
  after(() => stack?.stop());

  const readPage = async (door: (typeof doors)[number], accept: string) => {
    const response = await fetch(`${stack.url(door)}/metrics`, { headers: { accept } });
    assert.equal(response.status, 200);
    assert.ok(response.headers.get("content-type")?.startsWith(accept));
    return response.text();
  };

  for (const door of doors) {
    test(`the page of ${door} with its names, types and help texts`, async () => {
      const page = await readPage(door, "text/plain");
      assert.match(page, /^# TYPE billing_rpc_requests_total counter$/m);
      run("promtool", ["check", "metrics"], page);
      assert.throws(
        () => run("promtool", ["check", "metrics"], page.replace("# HELP billing_rpc_in_flight", "# Help")),
        /billing_rpc_in_flight no help text/,
      );
    });

    test(`the page of ${door} as OpenMetrics`, async () => {
      const page = await readPage(door, "application/openmetrics-text");
      // Promtool has no other command that reads OpenMetrics than one for samples with times.
      const timed = page.replace(/^[^#\n].*$/gm, "$& 1700000000");
      importOpenMetrics(run, timed);
      assert.throws(() => importOpenMetrics(run, timed.replace("# EOF\n", "")), /EOF/);
    });
  }
}

function importOpenMetrics(run: RunPrometheusTool, page: string): void {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-openmetrics-"));
  try {
    writeFileSync(join(folder, "page"), page);
    run("promtool", [
      "tsdb",
      "create-blocks-from",
      "openmetrics",
      join(folder, "page"),
      join(folder, "blocks"),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "#platform/testing/fake-clock.ts";
import { redis } from "#platform/testing/shared-redis.ts";
import { SeriesStore } from "../../store/series-store.ts";
import type { LedgerLevels } from "../intake/ledger-levels.ts";
import { metricCatalogue } from "../metrics/definitions/catalogue.ts";
import { ledgerCounters as counters } from "../metrics/definitions/ledger-metrics.ts";
import { countFigure, type Figure, formatFigure, parseFigure } from "../metrics/figure.ts";
import { encodeLabels } from "../metrics/metric-definition.ts";
import { MetricsReader } from "../metrics/metrics-reader.ts";
import { Recorder } from "../metrics/recorder.ts";
import { pointsPerChunk } from "../metrics/resolution.ts";
import { ShardWriter } from "../metrics/shard-writer.ts";
import { createStoredSeries } from "../metrics/stored-series.ts";
import { readOverview } from "./overview.ts";

const hourMs = 3_600_000;
const nowMs = Math.floor(Date.now() / hourMs) * hourMs + 60_000;

function charges(settlement: string, count: number, atMs: number) {
  const definition = counters.charges;
  const labels = encodeLabels(definition, { currency: "USD", settlement });
  return { definition, labels, accountId: undefined, atMs, point: countFigure(count) };
}

function spent(currency: string, amount: string, atMs: number) {
  const definition = counters.spent;
  const labels = encodeLabels(definition, { currency, kind: "purchased" });
  return { definition, labels, accountId: undefined, atMs, point: parseFigure(amount) };
}

function declines(reason: string, count: number, atMs: number) {
  const definition = metricCatalogue.find("billing_rpc_requests_total")!;
  const facts = { service: "core", method: "Charge", code: "failed_precondition", reason };
  return {
    definition,
    labels: encodeLabels(definition, facts),
    accountId: undefined,
    atMs,
    point: countFigure(count),
  };
}

test("an overview shows a range beside the one before it, and names what it could not read", async () => {
  const [within, earlier] = [nowMs - 2 * hourMs, nowMs - 26 * hourMs];
  const ledger = new ShardWriter(redis, "0");
  await ledger.open();
  await ledger.write(
    [
      charges("charge", 6, within),
      charges("commit", 2, within),
      charges("charge", 5, earlier),
      spent("USD", "1.5", within),
      spent("EUR", "20", within),
    ],
    [],
  );
  await new Recorder(redis).record({
    origin: undefined,
    writes: [],
    changes: [declines("INSUFFICIENT_FUNDS", 2, within), declines("ACCOUNT_NOT_FOUND", 9, within)],
  });
  const levels: LedgerLevels = new Map([
    [
      "USD",
      new Map([
        ["liabilities", parseFigure("7.5")],
        ["accounts", countFigure(3)],
      ] as const),
    ],
  ]);
  const source = createStoredSeries(new SeriesStore(redis, pointsPerChunk));
  const overview = await readOverview(
    {
      reader: new MetricsReader(metricCatalogue, source, createFakeClock(nowMs)),
      intake: { levels: async () => levels },
      countActive: () => Promise.reject(new Error("nobody counts")),
      now: () => nowMs,
    },
    24 * hourMs,
    48,
  );
  const text = (figure: Figure | undefined) => (figure === undefined ? undefined : formatFigure(figure));
  const tile = (name: string, currency = "") => {
    const found = overview.tiles.find((each) => each.name === name && each.currencyCode === currency);
    return [text(found?.value), text(found?.previousValue)];
  };
  assert.deepEqual(tile("charges"), ["8", "5"]);
  assert.deepEqual(tile("decline_ratio"), ["0.2", "0"]);
  assert.deepEqual(tile("spent", "EUR"), ["20", "0"]);
  assert.deepEqual(tile("spent", "USD"), ["1.5", "0"]);
  assert.equal(overview.range.stepMs, 30 * 60_000);
  assert.deepEqual(overview.activity?.declinesByReason, { INSUFFICIENT_FUNDS: 2n });
  assert.equal(overview.activity.charges.length, 48);
  assert.equal(
    overview.activity.charges.reduce((sum, count) => sum + count),
    8n,
  );
  assert.deepEqual(
    overview.positions.map(({ currencyCode, liabilities, accountCount }) => [
      currencyCode,
      formatFigure(liabilities),
      accountCount,
    ]),
    [["USD", "7.5", 3n]],
  );
  assert.deepEqual(overview.missing, ["The number of active accounts could not be read: nobody counts"]);
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { bucketOf } from "#platform/redis/buckets.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { ledgerCounters } from "../../domain/metrics/definitions/ledger-metrics.ts";
import { parseFigure } from "../../domain/metrics/figure.ts";
import { encodeLabels } from "../../domain/metrics/metric-definition.ts";
import { ShardWriter } from "../../domain/metrics/shard-writer.ts";
import { shardOfBucket } from "../../store/shard-keys.ts";
import { startTestAlerting, type TestAlerting } from "../../testing/test-alerting.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const rule = { case: "ruleId" as const, value: "spend-spike" };
const accountId = `spender-${randomUUID()}`;

let server: TestRedis;
let alerting: TestAlerting;
before(async () => {
  server = await startRedis();
  alerting = await startTestAlerting({ redisUrl: server.url });
  const nowMs = Date.now();
  const spent = (atMs: number, amount: string) => ({
    definition: ledgerCounters.spent,
    labels: encodeLabels(ledgerCounters.spent, { currency: "EUR", kind: "purchased" }),
    ...{ accountId, atMs, point: parseFigure(amount) },
  });
  const writer = new ShardWriter(alerting.redis, shardOfBucket(bucketOf(accountId)));
  await writer.open();
  // More than minutes are kept for, so that hours are read too.
  const usual = Array.from({ length: 60 }, (_, hour) => spent(nowMs - (hour + 10) * hourMs, "1"));
  await writer.write([...usual, spent(nowMs - 5 * hourMs, "100")], []);
});
after(async () => {
  await alerting?.stop();
  await server?.stop();
});

test("a spend spike is tested on what the account spent: it fires for its window and ends by itself", async () => {
  const tested = await alerting.client.testAlertRule({ rule, accountId });
  assert.deepEqual([tested.firingCount, tested.alerts.length], [1, 1]);
  const [alert] = tested.alerts;
  assert.equal(alert!.labels.account, accountId);
  assert.deepEqual(
    alert!.transitions.map(({ toState, value }) => [toState, value]),
    [
      [AlertState.FIRING, "100"],
      [AlertState.RESOLVED, "0"],
    ],
  );
  const words = /^100 EUR spent within 1 hour; usual in such a time is [01]\.\d{1,4} EUR$/;
  assert.match(alert!.transitions[0]!.description, words);
  const firingMs = durationMs(alert!.firingDuration!);
  assert.ok(Math.abs(firingMs - hourMs) <= 2 * minuteMs, `it fires for ${firingMs} ms`);
  assert.ok(tested.figure?.series[0]?.values.includes("100"));
});

test("a draft that asks for more spend does not fire, and one for exactly as much does", async () => {
  const draft = (amount: string) => ({
    alertName: "Draft",
    condition: {
      case: "spendSpike" as const,
      value: { minimumSpends: [{ currencyCode: "EUR", amount }] },
    },
  });
  for (const [amount, firings] of [
    ["100.01", 0],
    ["100", 1],
  ] as const) {
    const tested = await alerting.client.testAlertRule({
      rule: { case: "spec", value: draft(amount) },
      accountId,
    });
    assert.equal(tested.firingCount, firings, amount);
  }
});

test("an account of which nothing was recorded has no data, and without an account there is no test", async () => {
  const unknown = await alerting.client.testAlertRule({ rule, accountId: "nobody" });
  assert.deepEqual([unknown.firingCount, unknown.alerts], [0, []]);
  assert.equal(unknown.noDataCount, unknown.evaluationCount);
  const refusal = await refusalOf(alerting.client.testAlertRule({ rule }));
  assert.equal(refusal.reason, "REQUEST_INVALID");
});

/** Alerting over figures and a time that the tests set; several suites share it. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { ComparisonOperator } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { type Clock, systemClock } from "#platform/clock/clock.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { type ScriptedHttpServer, startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import type { FigureReader } from "../domain/alerts/figure-reader.ts";
import { metricCatalogue } from "../domain/metrics/definitions/catalogue.ts";
import { parseFigure } from "../domain/metrics/figure.ts";
import { planQuestion } from "../domain/metrics/metric-question.ts";
import { startTestAlerting, type TestAlerting } from "./test-alerting.ts";

export const minuteMs = 60_000;

let server: TestRedis;
let receiver: ScriptedHttpServer;
export let alerting: TestAlerting;
/** How far the clock of the test is ahead: turning it is like a time in which nobody evaluated. */
let aheadMs = 0;
export const passTime = (ms: number) => {
  aheadMs += ms;
};
export const clock: Clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
/** Figures by metric and currency; nothing is no data. */
const figures = new Map<string, Record<string, string>>();
const figureReader: FigureReader = {
  plan: ({ query }) => ({
    query: planQuestion(
      {
        function: undefined,
        quantile: undefined,
        windowMs: undefined,
        aggregation: undefined,
        maxSeries: undefined,
        ...query,
      },
      (name) => metricCatalogue.find(name),
      300_000,
    ),
    divisor: undefined,
  }),
  observe: async ({ query }, atMs) =>
    atMs.map(() =>
      Object.entries(figures.get(query.matchers[0]?.value ?? "") ?? {}).map(([currency, figure]) => ({
        labels: { currency },
        figure: parseFigure(figure),
      })),
    ),
};

const start = () =>
  startTestAlerting({
    redisUrl: server.url,
    allowedHosts: [`127.0.0.1:${receiver.port}`],
    over: { clock, figures: figureReader, leaseTtlMs: 800 },
  });

export async function restartAfter(ms: number): Promise<void> {
  await alerting.stop();
  passTime(ms);
  alerting = await start();
}

before(async () => {
  server = await startRedis();
  receiver = await startScriptedHttpServer();
  alerting = await start();
});
after(async () => {
  await alerting?.stop();
  await receiver?.stop();
  await server?.stop();
});

let rules = 0;
/** A rule over figures of its own, with a channel of its own. */
export async function createRule(over: { forSeconds?: number; groupWait?: bigint } = {}) {
  const ruleId = `rule-${++rules}`;
  const alertName = `Rule${rules}`;
  receiver.reply(`/${ruleId}`, {});
  await alerting.client.createChannel({
    channelId: ruleId,
    spec: {
      target: { case: "webhook", value: { url: `${receiver.url}/${ruleId}` } },
      matchers: [{ label: "alertname", value: alertName }],
      groupWait: { seconds: over.groupWait ?? 0n },
      groupInterval: { seconds: 10n },
    },
  });
  const spec = {
    alertName,
    condition: {
      case: "metric" as const,
      value: {
        query: {
          metric: "billing_charges_total",
          matchers: [{ label: "currency", value: ruleId }],
          groupBy: ["currency"],
        },
        operator: ComparisonOperator.GREATER,
        threshold: "10",
      },
    },
    for: { seconds: BigInt(over.forSeconds ?? 0) },
    evaluationInterval: { seconds: 10n },
    annotations: { summary: "at {{ $value }}" },
  };
  const set = (values: Record<string, string>) => void figures.set(ruleId, values);
  const create = () => alerting.client.createAlertRule({ ruleId, spec });
  return { ruleId, alertName, spec, set, create };
}

export const told = (ruleId: string) =>
  receiver.requests.filter(({ path }) => path === `/${ruleId}`).map(({ body }) => JSON.parse(body));

export async function alertsOf(ruleId: string, states: AlertState[] = []) {
  return (await alerting.client.listAlerts({ ruleId, states })).alerts;
}

export const inState = (ruleId: string, state: AlertState) =>
  eventually(async () => {
    const [alert] = await alertsOf(ruleId, [state]);
    assert.ok(alert);
    return alert;
  });

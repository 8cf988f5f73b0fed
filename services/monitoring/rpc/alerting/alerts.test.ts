import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { AlertRuleHealth, ComparisonOperator } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { SilenceState } from "#gen/billing/monitoring/v1/silence_pb.ts";
import { type Clock, systemClock } from "#platform/clock/clock.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { type ScriptedHttpServer, startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import type { FigureReader } from "../../domain/alerts/figure-reader.ts";
import { metricCatalogue } from "../../domain/metrics/definitions/catalogue.ts";
import { parseFigure } from "../../domain/metrics/figure.ts";
import { planQuestion } from "../../domain/metrics/metric-question.ts";
import { crossingsKey } from "../../store/crossing-stream.ts";
import { startTestAlerting, type TestAlerting } from "../../testing/test-alerting.ts";

const minuteMs = 60_000;

let server: TestRedis;
let receiver: ScriptedHttpServer;
let alerting: TestAlerting;
/** How far the clock of the test is ahead: turning it is like a time in which nobody evaluated. */
let aheadMs = 0;
const clock: Clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
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
async function createRule(over: { forSeconds?: number; groupWait?: bigint } = {}) {
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

const told = (ruleId: string) =>
  receiver.requests.filter(({ path }) => path === `/${ruleId}`).map(({ body }) => JSON.parse(body));

async function alertsOf(ruleId: string, states: AlertState[] = []) {
  return (await alerting.client.listAlerts({ ruleId, states })).alerts;
}

const inState = (ruleId: string, state: AlertState, withinMs = 20_000) =>
  eventually(async () => {
    const [alert] = await alertsOf(ruleId, [state]);
    assert.ok(alert);
    return alert;
  }, withinMs);

describe("an alert", () => {
  test("is pending, fires when its time is over, is told once, and once that it is over", async () => {
    const { ruleId, set, create } = await createRule({ forSeconds: 300 });
    set({ EUR: "12" });
    await create();
    const pending = await inState(ruleId, AlertState.PENDING);
    assert.equal(told(ruleId).length, 0);
    aheadMs += 5 * minuteMs;
    const firing = await inState(ruleId, AlertState.FIRING);
    assert.deepEqual([firing.alertId, firing.activeAt], [pending.alertId, pending.activeAt]);
    await eventually(() => assert.equal(told(ruleId).length, 1));
    assert.deepEqual(
      [told(ruleId)[0].status, told(ruleId)[0].alerts[0].annotations.summary],
      ["firing", "at 12"],
    );
    set({ EUR: "9" });
    aheadMs += minuteMs;
    await inState(ruleId, AlertState.RESOLVED);
    await eventually(() => assert.equal(told(ruleId).length, 2));
    assert.equal(told(ruleId)[1].status, "resolved");
    const { alert, history } = await alerting.client.getAlert({ alertId: firing.alertId });
    assert.ok(alert?.resolvedAt && alert.lastNotifiedAt);
    assert.deepEqual(
      history.map(({ fromState, toState }) => [fromState, toState]),
      [
        [AlertState.INACTIVE, AlertState.PENDING],
        [AlertState.PENDING, AlertState.FIRING],
        [AlertState.FIRING, AlertState.RESOLVED],
      ],
    );
    const { rule } = await alerting.client.getAlertRule({ ruleId });
    assert.deepEqual([rule?.health, rule?.firingCount], [AlertRuleHealth.OK, 0]);
  });

  test("keeps since when it holds over a restart of the evaluator, and is not told again", async () => {
    const { ruleId, set, create } = await createRule({ forSeconds: 600 });
    const other = await createRule();
    set({ EUR: "12" });
    other.set({ EUR: "12" });
    await create();
    await other.create();
    const pending = await inState(ruleId, AlertState.PENDING);
    await inState(other.ruleId, AlertState.FIRING);
    await eventually(() => assert.equal(told(other.ruleId).length, 1));
    await alerting.stop();
    aheadMs += 10 * minuteMs;
    alerting = await start();
    const firing = await inState(ruleId, AlertState.FIRING);
    assert.deepEqual([firing.alertId, firing.activeAt], [pending.alertId, pending.activeAt]);
    await eventually(() => assert.equal(told(ruleId).length, 1));
    assert.equal(told(other.ruleId).length, 1);
  });

  test("that a silence mutes is shown so and told only when the silence is over", async () => {
    const { ruleId, alertName, set, create } = await createRule({ groupWait: 1n });
    const matchers = [{ label: "alertname", value: alertName }];
    const request = {
      idempotencyKey: ruleId,
      matchers,
      endTime: timestampFromMs(clock.nowMs() + 30 * minuteMs),
      comment: "Planned work",
    };
    const { silence } = await alerting.client.createSilence(request);
    assert.equal(silence?.state, SilenceState.ACTIVE);
    assert.deepEqual((await alerting.client.createSilence(request)).silence, silence);
    const reused = alerting.client.createSilence({ ...request, comment: "Another" });
    assert.equal((await refusalOf(reused)).reason, "IDEMPOTENCY_KEY_REUSED");
    set({ EUR: "12" });
    await create();
    const firing = await inState(ruleId, AlertState.FIRING);
    assert.deepEqual(firing.silenceIds, [silence?.silenceId]);
    const { alerts } = await alerting.client.listAlerts({ ruleId, excludeMuted: true });
    assert.deepEqual(alerts, []);
    aheadMs += minuteMs;
    await eventually(async () => {
      const { history } = await alerting.client.getAlert({ alertId: firing.alertId });
      assert.ok(history.some(({ description }) => description === "muted"));
    });
    assert.equal(told(ruleId).length, 0);
    await alerting.client.expireSilence({ silenceId: silence?.silenceId ?? "" });
    aheadMs += minuteMs;
    await eventually(() => assert.equal(told(ruleId).length, 1));
    assert.deepEqual((await alertsOf(ruleId))[0]?.silenceIds, []);
  });

  test("that somebody has taken shows it, until it is given back; one that is over cannot be taken", async () => {
    const { ruleId, set, create } = await createRule();
    set({ EUR: "12" });
    await create();
    const { alertId } = await inState(ruleId, AlertState.FIRING);
    const { alert } = await alerting.client.acknowledgeAlert({ alertId, note: "on it" });
    assert.deepEqual(
      [alert?.acknowledgement?.acknowledgedBy, alert?.acknowledgement?.note],
      ["operator", "on it"],
    );
    const given = await alerting.client.acknowledgeAlert({ alertId, withdraw: true });
    assert.equal(given.alert?.acknowledgement, undefined);
    set({ EUR: "1" });
    aheadMs += minuteMs;
    await inState(ruleId, AlertState.RESOLVED);
    assert.equal((await refusalOf(alerting.client.acknowledgeAlert({ alertId }))).reason, "ALERT_NOT_ACTIVE");
    const unknown = alerting.client.acknowledgeAlert({ alertId: "unknown" });
    assert.equal((await refusalOf(unknown)).reason, "ALERT_NOT_FOUND");
  });

  test("of a deleted rule ends without a notification", async () => {
    const { ruleId, set, create } = await createRule();
    set({ EUR: "12" });
    await create();
    await eventually(() => assert.equal(told(ruleId).length, 1));
    await alerting.client.deleteAlertRule({ ruleId });
    await inState(ruleId, AlertState.RESOLVED);
    aheadMs += minuteMs;
    const later = await createRule();
    later.set({ EUR: "12" });
    await later.create();
    await eventually(() => assert.equal(told(later.ruleId).length, 1));
    assert.equal(told(ruleId).length, 1);
  });

  test("of an account belongs to it, begins once for a crossing, and ends once", async () => {
    const ruleId = "low-balance";
    const crossing = {
      ruleId,
      kind: "low_balance",
      accountId: "alice",
      currencyCode: "EUR",
      level: "10.00",
      value: "9",
      threshold: "10",
      reason: "9 EUR is below 10",
    };
    const cross = (step: string, sequence: number, atMs = clock.nowMs()) => {
      const data = JSON.stringify({ ...crossing, id: `alice-${sequence}`, step, sequence, atMs });
      const key = crossingsKey("0");
      return alerting.redis.command(key, ["XADD", key, "*", "data", data]);
    };
    const atMs = clock.nowMs();
    await cross("fired", 7, atMs);
    const alert = await eventually(async () => {
      const [found] = (await alerting.client.listAlerts({ accountId: "alice" })).alerts;
      assert.ok(found);
      return found;
    });
    assert.deepEqual(
      [alert.labels.currency, alert.labels.level, alert.annotations.reason, alert.value],
      ["EUR", "10.00", crossing.reason, "9"],
    );
    // As if its taker had died before it removed it.
    await cross("fired", 7, atMs);
    await cross("resolved", 9);
    await cross("fired", 7, atMs);
    await eventually(async () => {
      const states = [AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVED];
      const { alerts } = await alerting.client.listAlerts({ accountId: "alice", states });
      assert.deepEqual(
        alerts.map(({ state }) => state),
        [AlertState.RESOLVED],
      );
      assert.equal(await alerting.redis.command(crossingsKey("0"), ["XLEN", crossingsKey("0")]), 0);
    });
    const alice = await alerting.clientWith({ scopes: ["monitoring.read"], account: "alice" });
    const bob = await alerting.clientWith({ scopes: ["monitoring.read"], account: "bob" });
    assert.equal((await alice.getAlert({ alertId: alert.alertId })).alert?.accountId, "alice");
    assert.equal((await refusalOf(bob.getAlert({ alertId: alert.alertId }))).reason, "ALERT_NOT_FOUND");
    assert.equal((await refusalOf(bob.listAlerts({ accountId: "alice" }))).reason, "ACCOUNT_NOT_PERMITTED");
    assert.equal((await refusalOf(bob.listAlerts({}))).reason, "ACCOUNT_NOT_PERMITTED");
  });
});

describe("WatchAlerts", () => {
  test("begins with a snapshot, tells each change, and goes on after the last one that was seen", async () => {
    const { ruleId, alertName, set, create } = await createRule();
    const matchers = [{ label: "alertname", value: alertName }];
    const leave = new AbortController();
    const stream = alerting.client
      .watchAlerts({ matchers }, { signal: leave.signal })
      [Symbol.asyncIterator]();
    const next = async () => (await stream.next()).value!;
    const first = await next();
    assert.deepEqual(first.event.case === "snapshot" && first.event.value.alerts, []);
    set({ EUR: "12" });
    await create();
    const changed = await next();
    assert.ok(changed.event.case === "changed");
    assert.deepEqual([changed.event.value.ruleId, changed.event.value.state], [ruleId, AlertState.FIRING]);
    assert.ok(changed.sequence > first.sequence);
    leave.abort();
    await stream.next().catch(() => {});
    await alerting.client.acknowledgeAlert({ alertId: changed.event.value.alertId, note: "seen" });
    const again = new AbortController();
    const request = { matchers, afterSequence: changed.sequence };
    for await (const { event } of alerting.client.watchAlerts(request, { signal: again.signal })) {
      assert.ok(event.case === "changed");
      if (event.value.acknowledgement?.note === "seen") break;
    }
    again.abort();
  });
});

describe("an alert rule", () => {
  test("is created once, changed by who knows its version, and built-in ones cannot be deleted", async () => {
    const { ruleId, spec, create } = await createRule();
    const created = await create();
    assert.deepEqual((await create()).rule?.version, created.rule?.version);
    const other = alerting.client.createAlertRule({ ruleId, spec: { ...spec, alertName: "Other" } });
    assert.equal((await refusalOf(other)).reason, "ALERT_RULE_EXISTS");
    const update = (expectedVersion: bigint, disabled: boolean) =>
      alerting.client.updateAlertRule({ ruleId, spec: { ...spec, disabled }, expectedVersion });
    const { rule } = await update(1n, true);
    assert.deepEqual([rule?.version, rule?.health], [2n, AlertRuleHealth.DISABLED]);
    assert.equal((await update(1n, true)).rule?.version, 2n);
    assert.equal((await refusalOf(update(1n, false))).reason, "VERSION_MISMATCH");
    const builtIn = await refusalOf(alerting.client.deleteAlertRule({ ruleId: "redis-down" }));
    assert.equal(builtIn.reason, "ALERT_RULE_BUILT_IN");
    const { rules: found } = await alerting.client.listAlertRules({ text: "redisdown" });
    assert.deepEqual(
      found.map((each) => [each.ruleId, each.builtIn]),
      [["redis-down", true]],
    );
  });

  test("that asks what there is not, or fills in what it cannot, is refused", async () => {
    const { ruleId, spec } = await createRule();
    const create = (over: object) => alerting.client.createAlertRule({ ruleId, spec: { ...spec, ...over } });
    const template = await refusalOf(create({ annotations: { summary: "{{ $nothing }}" } }));
    assert.deepEqual([template.reason, template.metadata.annotation], ["TEMPLATE_INVALID", "summary"]);
    assert.equal((await refusalOf(create({ labels: { severity: "mine" } }))).reason, "REQUEST_INVALID");
    const value = { ...spec.condition.value, query: { metric: "nothing_total" } };
    assert.equal(
      (await refusalOf(create({ condition: { case: "metric" as const, value } }))).reason,
      "METRIC_NOT_FOUND",
    );
  });

  test("is tested on what was recorded, changing nothing", async () => {
    const { ruleId, spec, set } = await createRule();
    set({ EUR: "12" });
    const test = await alerting.client.testAlertRule({
      rule: { case: "spec", value: spec },
      startTime: timestampFromMs(clock.nowMs() - 10 * minuteMs),
    });
    assert.deepEqual([test.firingCount, test.noDataCount, test.step?.seconds], [1, 0, 60n]);
    assert.ok(test.evaluationCount >= 10);
    assert.equal(test.figure?.series[0]?.values[0], "12");
    assert.deepEqual(await alertsOf(ruleId), []);
    const notPossible = alerting.client.testAlertRule({ rule: { case: "ruleId", value: "low-balance" } });
    assert.equal((await refusalOf(notPossible)).reason, "BACKTEST_NOT_POSSIBLE");
  });
});

describe("what mutes alerts", () => {
  test("a silence that is too broad, over, or too long is refused; a preview makes nothing", async () => {
    const endTime = timestampFromMs(clock.nowMs() + minuteMs);
    const ask = (over: object) =>
      alerting.client.createSilence({
        idempotencyKey: "refused",
        matchers: [{ label: "alertname", value: "Nothing" }],
        endTime,
        comment: "A test",
        ...over,
      });
    assert.equal(
      (await refusalOf(ask({ matchers: [{ label: "a", value: "" }] }))).reason,
      "SILENCE_TOO_BROAD",
    );
    assert.equal(
      (await refusalOf(ask({ endTime: timestampFromMs(clock.nowMs() - 1) }))).reason,
      "SILENCE_ENDED",
    );
    const far = timestampFromMs(clock.nowMs() + 91 * 24 * 60 * minuteMs);
    assert.deepEqual((await refusalOf(ask({ endTime: far }))).fields, ["end_time"]);
    const { silence } = await ask({ previewOnly: true });
    assert.equal(silence?.silenceId, "");
    const { silences } = await alerting.client.listSilences({});
    assert.ok(silences.every(({ comment }) => comment !== "A test"));
    assert.equal(
      (await refusalOf(alerting.client.expireSilence({ silenceId: "none" }))).reason,
      "SILENCE_NOT_FOUND",
    );
  });

  test("an inhibition mutes targets with the same labels while its source fires", async () => {
    const source = await createRule();
    const target = await createRule({ groupWait: 2n });
    await alerting.client.createInhibition({
      inhibitionId: source.ruleId,
      sourceMatchers: [{ label: "alertname", value: source.alertName }],
      targetMatchers: [{ label: "alertname", value: target.alertName }],
      equalLabels: ["currency"],
    });
    source.set({ EUR: "12" });
    await source.create();
    const { alertId } = await inState(source.ruleId, AlertState.FIRING);
    target.set({ EUR: "12", USD: "12" });
    await target.create();
    await eventually(async () => {
      const alerts = await alertsOf(target.ruleId);
      const inhibited = alerts.map(({ labels, inhibitedByAlertIds }) => [
        labels.currency,
        ...inhibitedByAlertIds,
      ]);
      assert.deepEqual(inhibited.sort(), [["EUR", alertId], ["USD"]]);
    });
    await eventually(() => assert.equal(told(target.ruleId).length, 1));
    assert.deepEqual(
      told(target.ruleId)[0].alerts.map((alert: { labels: object }) => alert.labels),
      [{ alertname: target.alertName, currency: "USD", severity: "warning" }],
    );
    const remove = () => alerting.client.deleteInhibition({ inhibitionId: source.ruleId });
    assert.deepEqual([(await remove()).deleted, (await remove()).deleted], [true, false]);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { AlertRuleHealth } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { SilenceState } from "#gen/billing/monitoring/v1/silence_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { crossingsKey } from "../../store/crossing-stream.ts";
import {
  alerting,
  alertsOf,
  clock,
  createRule,
  inState,
  minuteMs,
  passTime,
  restartAfter,
  told,
} from "../alerting-with-figures.ts";

describe("an alert", () => {
  test("is pending, fires when its time is over, is told once, and once that it is over", async () => {
    const { ruleId, set, create } = await createRule({ forSeconds: 300 });
    set({ EUR: "12" });
    await create();
    const pending = await inState(ruleId, AlertState.PENDING);
    assert.equal(told(ruleId).length, 0);
    passTime(5 * minuteMs);
    const firing = await inState(ruleId, AlertState.FIRING);
    assert.deepEqual([firing.alertId, firing.activeAt], [pending.alertId, pending.activeAt]);
    await eventually(() => assert.equal(told(ruleId).length, 1));
    assert.deepEqual(
      [told(ruleId)[0].status, told(ruleId)[0].alerts[0].annotations.summary],
      ["firing", "at 12"],
    );
    set({ EUR: "9" });
    passTime(minuteMs);
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
    await restartAfter(10 * minuteMs);
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
    passTime(minuteMs);
    await eventually(async () => {
      const { history } = await alerting.client.getAlert({ alertId: firing.alertId });
      assert.ok(history.some(({ description }) => description === "muted"));
    });
    assert.equal(told(ruleId).length, 0);
    await alerting.client.expireSilence({ silenceId: silence?.silenceId ?? "" });
    passTime(minuteMs);
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
    passTime(minuteMs);
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
    passTime(minuteMs);
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

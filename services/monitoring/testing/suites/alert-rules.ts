import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AlertRuleHealth } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { alerting, alertsOf, clock, createRule, minuteMs } from "../alerting-with-figures.ts";

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

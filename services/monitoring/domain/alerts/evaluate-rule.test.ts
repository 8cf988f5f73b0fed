import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NoDataPolicy } from "../../store/alerting/alert-rule-record.ts";
import type { AlertRecord } from "../../store/alerts/alert-record.ts";
import { parseFigure } from "../metrics/figure.ts";
import { isActive } from "./alert-state.ts";
import { conditionHolds, resolveThresholdFault } from "./comparison.ts";
import { evaluateRule, type MetricRule } from "./evaluate-rule.ts";

const minuteMs = 60_000;
const at0 = Date.UTC(2026, 0, 1);

function ruleWith(
  over: Partial<MetricRule> = {},
  condition: Partial<MetricRule["condition"]> = {},
): MetricRule {
  return {
    alertName: "Test",
    condition: {
      kind: "metric",
      query: { metric: "billing_charges_total", matchers: [], groupBy: ["currency"] },
      operator: "greater",
      threshold: "10",
      resolveThreshold: "",
      ...condition,
    },
    labels: { team: "billing" },
    annotations: { summary: "{{ $labels.currency }} is at {{ $value }}" },
    disabled: false,
    builtIn: false,
    createdAtMs: at0,
    createdBy: "",
    createDigest: "",
    changedBy: "",
    changeDigest: "",
    changeBase: 0,
    ...over,
  };
}

/** Figures of the group EUR, minute by minute; "." has no data, " " is a minute that has data of another group only. */
function play(
  rule: MetricRule,
  course: ReadonlyArray<string>,
): { states: string[]; alerts: AlertRecord[]; steps: string[] } {
  let present: AlertRecord[] = [];
  const alerts: AlertRecord[] = [];
  const states: string[] = [];
  const steps: string[] = [];
  for (const [minute, text] of course.entries()) {
    const observations =
      text === "."
        ? []
        : [
            {
              labels: { currency: text === " " ? "USD" : "EUR" },
              figure: parseFigure(text === " " ? "0" : text),
            },
          ];
    const changes = evaluateRule({
      ruleId: "r",
      rule,
      observations,
      present,
      nowMs: at0 + minute * minuteMs,
    });
    for (const { record, transition } of changes) {
      alerts.push(record);
      if (transition !== undefined) steps.push(transition.description);
      present = [...present.filter(({ alertId }) => alertId !== record.alertId), record];
    }
    states.push(changes.at(-1)?.record.state ?? present[0]?.state ?? "none");
    present = present.filter(isActive);
  }
  return { states, alerts, steps };
}

describe("a rule", () => {
  test("makes an alert with all labels, its texts filled in, and says why in its steps", () => {
    const rule = ruleWith({ forMs: 2 * minuteMs, severity: "critical" });
    const { alerts, states, steps } = play(rule, ["11", "12.5", "13", "9"]);
    assert.deepEqual(states, ["pending", "pending", "firing", "resolved"]);
    assert.deepEqual(steps, ["11 > 10", "13 > 10 for 2m", "back at 9"]);
    const fired = alerts.find(({ state }) => state === "firing")!;
    assert.deepEqual(fired.labels, {
      currency: "EUR",
      team: "billing",
      alertname: "Test",
      severity: "critical",
    });
    assert.deepEqual([fired.annotations, fired.value], [{ summary: "EUR is at 13" }, "13"]);
    assert.equal(new Set(alerts.map(({ alertId }) => alertId)).size, 1);
  });

  test("goes on firing down to the threshold at which it ends, and needs the other one to fire again", () => {
    const rule = ruleWith({}, { resolveThreshold: "8" });
    assert.deepEqual(play(rule, ["11", "9", "8.001", "8", "9"]).states, [
      "firing",
      "firing",
      "firing",
      "resolved",
      "none",
    ]);
  });

  const policies: ReadonlyArray<[policy: NoDataPolicy, course: string[], states: string[]]> = [
    ["resolve", ["11", "."], ["firing", "resolved"]],
    ["resolve", [".", "."], ["none", "none"]],
    ["keep_state", ["11", ".", ".", "9"], ["firing", "firing", "firing", "resolved"]],
    ["keep_state", ["9", "."], ["none", "none"]],
    ["alert", [".", "9"], ["firing", "resolved"]],
    ["alert", ["11", " ", "9"], ["firing", "firing", "resolved"]],
  ];
  for (const [noDataPolicy, course, states] of policies) {
    test(`with the policy ${noDataPolicy} takes ${JSON.stringify(course)} as ${states}`, () => {
      assert.deepEqual(play(ruleWith({ noDataPolicy }), course).states, states);
    });
  }

  test("whose labels change ends the alerts that it would not make any more, and keeps the others", () => {
    const [firing] = play(ruleWith(), ["11"]).alerts;
    const evaluate = (rule: MetricRule) =>
      evaluateRule({
        ruleId: "r",
        rule,
        observations: [{ labels: { currency: "EUR" }, figure: parseFigure("11") }],
        present: [firing!],
        nowMs: at0 + minuteMs,
      });
    assert.deepEqual(evaluate(ruleWith({ annotations: firing!.annotations })), []);
    const relabelled = evaluate(ruleWith({ labels: { team: "other" } }));
    assert.deepEqual(
      relabelled.map(({ record }) => [record.labels.team, record.state]),
      [
        ["billing", "resolved"],
        ["other", "firing"],
      ],
    );
  });

  const faults: ReadonlyArray<
    [operator: MetricRule["condition"]["operator"], end: string, isFault: boolean]
  > = [
    ["greater", "10", false],
    ["greater", "10.1", true],
    ["less_or_equal", "10", false],
    ["less", "9", true],
    ["equal", "10", true],
    ["equal", "", false],
  ];
  for (const [operator, resolveThreshold, isFault] of faults) {
    test(`${operator} 10 may ${isFault ? "not " : ""}end at "${resolveThreshold}"`, () => {
      const { condition } = ruleWith({}, { operator, resolveThreshold });
      assert.equal(resolveThresholdFault(condition) !== undefined, isFault);
    });
  }

  test("compares exactly, beyond what a float tells apart", () => {
    const { condition } = ruleWith({}, { threshold: "9007199254740993.000000000000000001" });
    assert.equal(conditionHolds(condition, parseFigure("9007199254740993.000000000000000002"), false), true);
    assert.equal(conditionHolds(condition, parseFigure("9007199254740993.000000000000000001"), false), false);
  });
});

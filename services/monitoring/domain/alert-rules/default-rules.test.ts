import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { createFigureReader } from "../alerts/figure-reader.ts";
import { compileMatchers } from "../label-matcher.ts";
import { metricCatalogue } from "../metrics/definitions/catalogue.ts";
import { planQuestion } from "../metrics/metric-question.ts";
import { checkRule } from "./check-rule.ts";
import { defaultInhibitions, defaultRules } from "./default-rules.ts";

const figures = createFigureReader({
  plan: (question) => planQuestion(question, (name) => metricCatalogue.find(name), 300_000),
  evaluate: async () => [],
});

for (const { id, spec } of defaultRules) {
  test(`the rule ${id} is one that an operator could state, and names its page`, () => {
    assert.match(id, /^[a-z0-9][a-z0-9_.-]{0,63}$/);
    assert.equal(checkRule(spec), undefined);
    if (spec.condition.kind !== "metric") return;
    figures.plan(spec.condition);
    assert.ok(existsSync(spec.annotations.runbook ?? ""), spec.annotations.runbook);
  });
}

test("inhibitions name alerts that there are", () => {
  const names = defaultRules.map(({ spec }) => ({ alertname: spec.alertName }));
  for (const { id, spec } of defaultInhibitions) {
    assert.ok(names.some(compileMatchers(spec.sourceMatchers)), id);
    assert.ok(names.some(compileMatchers(spec.targetMatchers)), id);
  }
});

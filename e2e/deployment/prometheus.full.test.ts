import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { findPrometheusTools, type RunPrometheusTool } from "../testing/prometheus-tools.ts";

const folder = "deploy/prometheus";
const dashboards = "deploy/grafana/dashboards";

/** A rule as Prometheus reads it, as far as it is checked here. */
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

interface Dashboard {
  readonly uid: string;
  readonly panels: ReadonlyArray<{
    readonly id: number;
    readonly title: string;
    readonly targets?: ReadonlyArray<{ readonly expr: string }>;
  }>;
}

const { groups } = parse(readFileSync(`${folder}/rules/holdfast.yml`, "utf8")) as {
  groups: ReadonlyArray<{ readonly rules: readonly Rule[] }>;
};
const rules = groups.flatMap(({ rules }) => rules);
const shownDashboards = readdirSync(dashboards).map(
  (file) => JSON.parse(readFileSync(join(dashboards, file), "utf8")) as Dashboard,
);

const tools = await findPrometheusTools();
if (tools !== undefined) checkWithTools(tools);

function checkWithTools(run: RunPrometheusTool): void {
  test("promtool and amtool accept the configuration and the rules", () => {
    run("promtool", ["check", "config", `${folder}/prometheus.yml`]);
    run("promtool", ["check", "rules", `${folder}/rules/holdfast.yml`]);
    run("amtool", ["check-config", `${folder}/alertmanager.yml`]);
  });

  test("the rules fire, and keep silent, as their tests say", () => {
    run("promtool", ["test", "rules", `${folder}/tests/holdfast.test.yml`]);
  });

  test("promtool accepts every query of the dashboards", () => {
    const queries = shownDashboards.flatMap(({ panels }) =>
      panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    );
    assert.ok(queries.length > 30);
    const recorded = queries.map((expr, index) => ({ record: `query:number_${index}`, expr }));
    checkRules(run, recorded);
    assert.throws(() => checkRules(run, [{ record: "a", expr: "rate(" }]), /could not parse expression/);
  });
}

function checkRules(run: RunPrometheusTool, recorded: readonly object[]): void {
  const work = mkdtempSync(join(tmpdir(), "holdfast-queries-"));
  try {
    const file = join(work, "queries.yml");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboards", rules: recorded }] }));
    run("promtool", ["check", "rules", file]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

test("every alert has a test in which it fires", () => {
  const tests = readFileSync(`${folder}/tests/holdfast.test.yml`, "utf8");
  for (const { alert } of rules) assert.ok(tests.includes(`alertname="${alert}"`), alert);
});

test("every alert has a severity, a summary and a runbook page of its own", () => {
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning|info)$/, alert);
    assert.ok(annotations.summary && annotations.description, alert);
    const page = annotations.runbook!;
    assert.ok(existsSync(page), page);
    assert.ok(readFileSync(page, "utf8").startsWith(`# ${alert}\n`), page);
  }
});

test("dashboards have ids of their own and no two panels with one id", () => {
  assert.equal(new Set(shownDashboards.map(({ uid }) => uid)).size, shownDashboards.length);
  for (const { panels } of shownDashboards)
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
});

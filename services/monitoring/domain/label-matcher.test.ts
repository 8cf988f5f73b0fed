import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { areSelective, compileMatchers, type MatchOperator } from "./label-matcher.ts";
import { commonLabels, fingerprintOf, formatLabels } from "./label-set.ts";
import { MonitoringError } from "./monitoring-error.ts";

describe("a matcher", () => {
  const labels = { severity: "critical", service: "core" };
  const cases: ReadonlyArray<[label: string, operator: MatchOperator, value: string, matches: boolean]> = [
    ["severity", "equal", "critical", true],
    ["severity", "equal", "crit", false],
    ["severity", "not_equal", "warning", true],
    ["severity", "not_equal", "critical", false],
    ["severity", "matches", "crit.*", true],
    ["severity", "matches", "crit", false],
    ["severity", "matches", "warning|critical", true],
    ["severity", "not_matches", "crit", true],
    ["severity", "not_matches", "c.*l", false],
    ["absent", "equal", "", true],
    ["absent", "not_equal", "", false],
    ["absent", "matches", ".*", true],
    ["absent", "matches", ".+", false],
  ];
  for (const [label, operator, value, matches] of cases) {
    test(`${label} ${operator} "${value}" is ${matches}`, () => {
      assert.equal(compileMatchers([{ label, operator, value }])(labels), matches);
    });
  }

  test("of a list must hold like all the others", () => {
    const both = compileMatchers([
      { label: "severity", operator: "equal", value: "critical" },
      { label: "service", operator: "equal", value: "pricing" },
    ]);
    assert.equal(both(labels), false);
    assert.equal(both({ ...labels, service: "pricing" }), true);
    assert.equal(compileMatchers([])(labels), true);
  });

  const selective: ReadonlyArray<[operator: MatchOperator, value: string, isSelective: boolean]> = [
    ["equal", "core", true],
    ["equal", "", false],
    ["not_equal", "", true],
    ["not_equal", "core", false],
    ["matches", ".*", false],
    ["matches", ".+", true],
    ["not_matches", "core", false],
  ];
  for (const [operator, value, isSelective] of selective) {
    test(`${operator} "${value}" ${isSelective ? "cannot" : "may"} select everything`, () => {
      assert.equal(areSelective([{ label: "service", operator, value }]), isSelective);
    });
  }

  for (const value of ["(", "a**", "(?=a)", "(a)\\1"]) {
    test(`the expression ${value}, which RE2 does not know, is refused`, () => {
      assert.throws(
        () => compileMatchers([{ label: "service", operator: "matches", value }]),
        (error: unknown) =>
          error instanceof MonitoringError &&
          error.reason === "MATCHER_INVALID" &&
          error.metadata.label === "service" &&
          error.metadata.value === value,
      );
    });
  }

  test("takes an expression that would make a backtracking engine run for ever", () => {
    const compiled = compileMatchers([{ label: "a", operator: "matches", value: "(a+)+b" }]);
    assert.equal(compiled({ a: "a".repeat(10_000) }), false);
  });
});

describe("a set of labels", () => {
  // The first is Prometheus' own figure for no labels: the offset of FNV-1a.
  const fingerprints: ReadonlyArray<[labels: Record<string, string>, fingerprint: string]> = [
    [{}, "cbf29ce484222325"],
    [{ a: "1", b: "2" }, fingerprintOf({ b: "2", a: "1" })],
  ];
  for (const [labels, fingerprint] of fingerprints) {
    test(`${formatLabels(labels)} has the fingerprint ${fingerprint}`, () =>
      assert.equal(fingerprintOf(labels), fingerprint));
  }

  test("differs in its fingerprint wherever the border of a text lies", () => {
    const prints = [{ ab: "c" }, { a: "bc" }, { a: "b", c: "" }, { a: "", bc: "" }].map(fingerprintOf);
    assert.equal(new Set(prints).size, prints.length);
  });

  test("is written as Alertmanager writes it", () => {
    assert.equal(formatLabels({ b: 'say "x"', a: "1" }), '{a="1", b="say \\"x\\""}');
    assert.equal(formatLabels({}), "{}");
  });

  test("shares with others what is the same in all", () => {
    assert.deepEqual(commonLabels([{ a: "1", b: "2" }, { a: "1", b: "3" }, { a: "1" }]), { a: "1" });
    assert.deepEqual(commonLabels([]), {});
  });
});

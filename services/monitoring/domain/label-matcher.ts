import { RE2JS } from "re2js";
import { MonitoringError } from "./monitoring-error.ts";

/** How a matcher compares. */
export type MatchOperator = "equal" | "not_equal" | "matches" | "not_matches";

/** A condition on one label; of several all must hold. */
export interface LabelMatcher {
  readonly label: string;
  readonly operator: MatchOperator;
  /** Value, or regular expression in the syntax of RE2, anchored at both ends. */
  readonly value: string;
}

/** Labels by name; an absent one counts as empty. */
export type Labels = Readonly<Record<string, string>>;

/** Whether labels satisfy what was compiled. */
export type LabelTest = (labels: Labels) => boolean;

/**
 * One test for all of some matchers. RE2 takes linear time, whatever the expression.
 *
 * @throws MonitoringError MATCHER_INVALID.
 */
export function compileMatchers(matchers: readonly LabelMatcher[]): LabelTest {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

function compileMatcher({ label, operator, value }: LabelMatcher): LabelTest {
  const labelOf = (labels: Labels) => labels[label] ?? "";
  switch (operator) {
    case "equal":
      return (labels) => labelOf(labels) === value;
    case "not_equal":
      return (labels) => labelOf(labels) !== value;
    case "matches": {
      const expression = compileExpression(label, value);
      return (labels) => expression.matches(labelOf(labels));
    }
    case "not_matches": {
      const expression = compileExpression(label, value);
      return (labels) => !expression.matches(labelOf(labels));
    }
  }
}

function compileExpression(label: string, value: string): RE2JS {
  try {
    return RE2JS.compile(value);
  } catch (error) {
    throw new MonitoringError("MATCHER_INVALID", `the expression for ${label} does not compile`, {
      metadata: { label, value },
      cause: error,
    });
  }
}

/** Whether one of the matchers refuses the empty value, so that together they cannot select everything. */
export function areSelective(matchers: readonly LabelMatcher[]): boolean {
  return matchers.some((matcher) => !compileMatcher(matcher)({}));
}

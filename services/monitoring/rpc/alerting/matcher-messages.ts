import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Matcher,
  type MatcherSchema,
  MatchOperator as Operator,
} from "#gen/billing/monitoring/v1/matcher_pb.ts";
import type { LabelMatcher, MatchOperator } from "../../domain/label-matcher.ts";

const operators: Readonly<Record<Operator, MatchOperator>> = {
  [Operator.UNSPECIFIED]: "equal",
  [Operator.EQUAL]: "equal",
  [Operator.NOT_EQUAL]: "not_equal",
  [Operator.MATCHES]: "matches",
  [Operator.NOT_MATCHES]: "not_matches",
};

const operatorNumbers: Readonly<Record<MatchOperator, Operator>> = {
  equal: Operator.EQUAL,
  not_equal: Operator.NOT_EQUAL,
  matches: Operator.MATCHES,
  not_matches: Operator.NOT_MATCHES,
};

/** Matchers as the domain has them. */
export function readMatchers(matchers: readonly Matcher[]): LabelMatcher[] {
  return matchers.map(({ label, operator, value }) => ({
    label,
    operator: operators[operator] ?? "equal",
    value,
  }));
}

/** Matchers as the contract has them. */
export function matcherMessages(
  matchers: readonly LabelMatcher[],
): Array<MessageInitShape<typeof MatcherSchema>> {
  return matchers.map(({ label, operator, value }) => ({
    label,
    operator: operatorNumbers[operator],
    value,
  }));
}

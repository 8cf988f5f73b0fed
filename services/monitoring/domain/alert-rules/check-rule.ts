import type { AlertCondition } from "../../store/alerting/alert-rule-record.ts";
import { resolveThresholdFault } from "../alerts/comparison.ts";
import { MonitoringError } from "../monitoring-error.ts";
import type { AlertRuleSpec } from "./alert-rules.ts";
import { reservedLabels } from "./rule-terms.ts";
import { parseTemplate } from "./template.ts";

/** What is wrong with a field. */
export interface RuleFault {
  /** Its path below the rule. */
  readonly field: string;
  readonly description: string;
}

/**
 * The first fault of a rule that the contract's constraints cannot see; undefined if there is none.
 *
 * @throws MonitoringError TEMPLATE_INVALID.
 */
export function checkRule(spec: AlertRuleSpec): RuleFault | undefined {
  for (const [annotation, text] of Object.entries(spec.annotations)) {
    if (parseTemplate(text) !== undefined) continue;
    throw new MonitoringError("TEMPLATE_INVALID", `the template of ${annotation} does not parse`, {
      metadata: { annotation },
    });
  }
  const reserved = reservedLabels.find((label) => Object.hasOwn(spec.labels, label));
  if (reserved !== undefined)
    return { field: `labels["${reserved}"]`, description: "is set by the rule itself" };
  return checkCondition(spec.condition);
}

function checkCondition(condition: AlertCondition): RuleFault | undefined {
  switch (condition.kind) {
    case "metric": {
      const { query, divisor } = condition;
      const groupBy = divisor?.groupBy ?? [];
      if (groupBy.length > 0 && !isSameSet(groupBy, query.groupBy))
        return { field: "metric.divisor.group_by", description: "is neither empty nor that of the query" };
      const why = resolveThresholdFault(condition);
      return why === undefined ? undefined : { field: "metric.resolve_threshold", description: why };
    }
    case "low_balance": {
      const names = condition.defaultLevels.map(({ name }) => name);
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined)
        return { field: "low_balance.default_levels", description: `has the level ${twice} twice` };
      const negative = condition.defaultLevels.findIndex(
        ({ threshold }) => "amount" in threshold && threshold.amount.startsWith("-"),
      );
      return negative < 0
        ? undefined
        : { field: `low_balance.default_levels[${negative}].amount`, description: "is negative" };
    }
    case "spend_spike": {
      const currencies = condition.minimumSpends.map(({ currencyCode }) => currencyCode);
      const twice = currencies.find((code, index) => currencies.indexOf(code) !== index);
      return twice === undefined
        ? undefined
        : { field: "spend_spike.minimum_spends", description: `has ${twice} twice` };
    }
  }
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each) => right.includes(each));
}

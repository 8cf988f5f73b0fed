import type { AlertRuleRecord } from "../../store/alerting/alert-rule-record.ts";
import type { AccountRule, AccountRules, SpendSpikeRule } from "../account-alerts/account-crossing.ts";
import type { AlertRule, AlertRules } from "./alert-rules.ts";

type SpendSpikeCondition = Extract<AlertRuleRecord["condition"], { kind: "spend_spike" }>;

const hourMs = 60 * 60 * 1_000;

/** The rules about accounts that are in force, as the detection of crossings needs them. */
export function createAccountRules(rules: Pick<AlertRules, "all">): AccountRules {
  return { current: () => rules.all().flatMap(toAccountRule) };
}

function toAccountRule({ id: ruleId, value }: AlertRule): AccountRule[] {
  const { condition, disabled } = value;
  if (disabled) return [];
  switch (condition.kind) {
    case "metric":
      return [];
    case "low_balance":
      return [
        {
          kind: "low_balance",
          ruleId,
          defaultLevels: condition.defaultLevels.map(({ name, threshold }) => ({ name, threshold })),
          rearmPercent: condition.rearmPercent || "10",
        },
      ];
    case "spend_spike":
      return [spendSpikeTerms(ruleId, condition)];
  }
}

/** A spend-spike condition with the defaults of the contract. */
export function spendSpikeTerms(ruleId: string, condition: SpendSpikeCondition): SpendSpikeRule {
  return {
    kind: "spend_spike",
    ruleId,
    windowMs: condition.windowMs ?? hourMs,
    factor: condition.factor || "3",
    baselineMs: condition.baselineMs ?? 7 * 24 * hourMs,
    minimumHistoryMs: condition.minimumHistoryMs ?? 24 * hourMs,
    minimumSpends: Object.fromEntries(
      condition.minimumSpends.map(({ currencyCode, amount }) => [currencyCode, amount]),
    ),
  };
}

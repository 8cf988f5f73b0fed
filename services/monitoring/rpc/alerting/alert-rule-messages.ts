import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AlertRuleHealth,
  type AlertRuleSchema,
  type AlertRuleSpecSchema,
  AlertSeverity,
  ComparisonOperator,
  type LowBalanceLevel,
  NoDataPolicy,
  type AlertRuleSpec as SpecMessage,
} from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { AlertRule, AlertRuleSpec } from "../../domain/alert-rules/alert-rules.ts";
import type { AlertCondition } from "../../store/alerting/alert-rule-record.ts";
import type { RuleStatusRecord } from "../../store/alerts/alert-record.ts";
import { keyOf, readSeverity, severityNumbers } from "./alert-messages.ts";
import { metricQueryMessage, readMetricQuery } from "./metric-query-messages.ts";

const operatorNumbers = {
  greater: ComparisonOperator.GREATER,
  greater_or_equal: ComparisonOperator.GREATER_OR_EQUAL,
  less: ComparisonOperator.LESS,
  less_or_equal: ComparisonOperator.LESS_OR_EQUAL,
  equal: ComparisonOperator.EQUAL,
  not_equal: ComparisonOperator.NOT_EQUAL,
} as const;

const policyNumbers = {
  resolve: NoDataPolicy.RESOLVE,
  keep_state: NoDataPolicy.KEEP_STATE,
  alert: NoDataPolicy.ALERT,
} as const;

const healthNumbers = {
  ok: AlertRuleHealth.OK,
  no_data: AlertRuleHealth.NO_DATA,
  failed: AlertRuleHealth.FAILED,
} as const;

/** What a rule says, as the domain has it. */
export function readRuleSpec(spec: SpecMessage): AlertRuleSpec {
  const same = <T>(value: T) => value;
  return {
    alertName: spec.alertName,
    condition: readCondition(spec.condition),
    ...optional("forMs", spec.for, durationMs),
    ...optional("keepFiringForMs", spec.keepFiringFor, durationMs),
    ...optional("severity", readSeverity(spec.severity), same),
    labels: sorted(spec.labels),
    annotations: sorted(spec.annotations),
    ...optional("noDataPolicy", keyOf(policyNumbers, spec.noDataPolicy), same),
    ...optional("evaluationIntervalMs", spec.evaluationInterval, durationMs),
    disabled: spec.disabled,
    builtIn: false,
  };
}

/** In one order, so that the same map is recognised. */
function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function readCondition(condition: SpecMessage["condition"]): AlertCondition {
  switch (condition.case) {
    case "metric": {
      const { query, divisor, operator, threshold, resolveThreshold } = condition.value;
      return {
        kind: "metric",
        query: readMetricQuery(query!),
        ...optional("divisor", divisor, readMetricQuery),
        operator: keyOf(operatorNumbers, operator)!,
        threshold,
        resolveThreshold,
      };
    }
    case "lowBalance":
      return {
        kind: "low_balance",
        defaultLevels: condition.value.defaultLevels.map(readLevel),
        rearmPercent: condition.value.rearmPercent,
      };
    case "spendSpike": {
      const { window, factor, baseline, minimumHistory, minimumSpends } = condition.value;
      return {
        kind: "spend_spike",
        ...optional("windowMs", window, durationMs),
        factor,
        ...optional("baselineMs", baseline, durationMs),
        ...optional("minimumHistoryMs", minimumHistory, durationMs),
        minimumSpends: minimumSpends.map(readMoney),
      };
    }
    case undefined:
      throw invalidField("spec.condition", "is needed");
  }
}

function readLevel({ name, threshold, severity }: LowBalanceLevel) {
  return {
    name,
    threshold:
      threshold.case === "amount"
        ? readMoney(threshold.value)
        : { percentOfLastCredit: threshold.value ?? 0 },
    ...optional("severity", readSeverity(severity), (value) => value),
  };
}

function readMoney({ currencyCode, amount }: Money) {
  return { currencyCode, amount };
}

/** A rule as the contract has it. */
export function alertRuleMessage(
  { id, version, writtenAtMs, value }: AlertRule,
  status: RuleStatusRecord | undefined,
): MessageInitShape<typeof AlertRuleSchema> {
  return {
    ruleId: id,
    spec: specMessage(value),
    builtIn: value.builtIn,
    version: BigInt(version),
    createdAt: timestampFromMs(value.createdAtMs),
    updatedAt: timestampFromMs(writtenAtMs),
    updatedBy: value.changedBy,
    health: ruleHealth(value, status),
    lastError: status?.lastError ?? "",
    ...optional("lastEvaluatedAt", status?.lastEvaluatedAtMs, timestampFromMs),
    pendingCount: status?.pendingCount ?? 0,
    firingCount: status?.firingCount ?? 0,
  };
}

/** Whether a rule is being evaluated. */
export function ruleHealth(
  { disabled }: Pick<AlertRuleSpec, "disabled">,
  status: RuleStatusRecord | undefined,
): AlertRuleHealth {
  if (disabled) return AlertRuleHealth.DISABLED;
  return status === undefined ? AlertRuleHealth.UNSPECIFIED : healthNumbers[status.health];
}

function specMessage(rule: AlertRuleSpec): MessageInitShape<typeof AlertRuleSpecSchema> {
  return {
    alertName: rule.alertName,
    condition: conditionMessage(rule.condition),
    ...optional("for", rule.forMs, durationFromMs),
    ...optional("keepFiringFor", rule.keepFiringForMs, durationFromMs),
    severity: rule.severity === undefined ? AlertSeverity.UNSPECIFIED : severityNumbers[rule.severity],
    labels: { ...rule.labels },
    annotations: { ...rule.annotations },
    noDataPolicy:
      rule.noDataPolicy === undefined ? NoDataPolicy.UNSPECIFIED : policyNumbers[rule.noDataPolicy],
    ...optional("evaluationInterval", rule.evaluationIntervalMs, durationFromMs),
    disabled: rule.disabled,
  };
}

type ConditionInit = NonNullable<MessageInitShape<typeof AlertRuleSpecSchema>["condition"]>;

function conditionMessage(condition: AlertCondition): ConditionInit {
  switch (condition.kind) {
    case "metric":
      return {
        case: "metric",
        value: {
          query: metricQueryMessage(condition.query),
          ...optional("divisor", condition.divisor, metricQueryMessage),
          operator: operatorNumbers[condition.operator],
          threshold: condition.threshold,
          resolveThreshold: condition.resolveThreshold,
        },
      };
    case "low_balance":
      return {
        case: "lowBalance",
        value: {
          defaultLevels: condition.defaultLevels.map(({ name, threshold, severity }) => ({
            name,
            threshold:
              "amount" in threshold
                ? ({ case: "amount", value: threshold } as const)
                : ({ case: "percentOfLastCredit", value: threshold.percentOfLastCredit } as const),
            severity: severity === undefined ? AlertSeverity.UNSPECIFIED : severityNumbers[severity],
          })),
          rearmPercent: condition.rearmPercent,
        },
      };
    case "spend_spike":
      return {
        case: "spendSpike",
        value: {
          ...optional("window", condition.windowMs, durationFromMs),
          factor: condition.factor,
          ...optional("baseline", condition.baselineMs, durationFromMs),
          ...optional("minimumHistory", condition.minimumHistoryMs, durationFromMs),
          minimumSpends: condition.minimumSpends.map((money) => ({ ...money })),
        },
      };
  }
}

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AlertRuleHealth, AlertSeverity } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import type { TestAlertRuleRequest } from "#gen/billing/monitoring/v1/alert_rule_rpc_pb.ts";
import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { spendSpikeTerms } from "../../domain/alert-rules/account-rules.ts";
import type { AlertRule, AlertRuleSpec } from "../../domain/alert-rules/alert-rules.ts";
import { termsOf } from "../../domain/alert-rules/rule-terms.ts";
import { backtest } from "../../domain/alerts/backtest.ts";
import { backtestSpike } from "../../domain/alerts/backtest-spike.ts";
import type { MetricRule } from "../../domain/alerts/evaluate-rule.ts";
import { ledgerCounters } from "../../domain/metrics/definitions/ledger-metrics.ts";
import { MonitoringError } from "../../domain/monitoring-error.ts";
import type { MetricQueryRecord } from "../../store/alerting/alert-rule-record.ts";
import { severityNumbers } from "./alert-messages.ts";
import { alertRuleMessage, readRuleSpec, ruleHealth } from "./alert-rule-messages.ts";
import type { AlertingParts } from "./alerting-parts.ts";
import { backtestMessage } from "./backtest-messages.ts";

const dayMs = 24 * 60 * 60 * 1_000;
const longestTestMs = 31 * dayMs;

/** The alert rules. */
export function alertRuleHandlers({ rules, alertStore, figures, readSpend, pageTokens, now }: AlertingParts) {
  const withStatus = async (rule: AlertRule) =>
    alertRuleMessage(rule, (await alertStore.readStatuses([rule.id]))[0]);
  return {
    async createAlertRule({ ruleId, spec }, { caller }) {
      const request = { id: ruleId, spec: readRuleSpec(spec!), actor: caller.subject };
      return { rule: await withStatus(await rules.create(request)) };
    },
    async getAlertRule({ ruleId }) {
      return { rule: await withStatus(rules.require(ruleId)) };
    },
    async listAlertRules(request) {
      const { severity, health, text } = request;
      const named = rules
        .all()
        .filter(({ id, value }) => hasText(text, id, value) && hasSeverity(severity, value));
      const statuses = await alertStore.readStatuses(named.map(({ id }) => id));
      const listed = named
        .map((rule, index) => ({ rule, status: statuses[index] }))
        .filter(
          ({ rule, status }) =>
            health === AlertRuleHealth.UNSPECIFIED || ruleHealth(rule.value, status) === health,
        );
      const filters = ["alert-rules", severity, health, text];
      const page = pageOf(pageTokens, listed, ({ rule }) => rule.id, request, filters);
      return {
        rules: page.items.map(({ rule, status }) => alertRuleMessage(rule, status)),
        nextPageToken: page.nextPageToken,
      };
    },
    async updateAlertRule({ ruleId, spec, expectedVersion }, { caller }) {
      const request = { id: ruleId, spec: readRuleSpec(spec!), actor: caller.subject };
      return { rule: await withStatus(await rules.update(request, Number(expectedVersion))) };
    },
    async deleteAlertRule({ ruleId, expectedVersion }) {
      return { deleted: await rules.delete(ruleId, Number(expectedVersion)) };
    },
    async testAlertRule(request) {
      const spec =
        request.rule.case === "spec"
          ? readRuleSpec(request.rule.value)
          : rules.require(request.rule.value ?? "").value;
      rules.check(spec);
      const range = testedRange(request, now());
      const { condition } = spec;
      switch (condition.kind) {
        case "metric": {
          const test = await backtest(figures, spec as MetricRule, range);
          return backtestMessage(condition.query, test);
        }
        case "spend_spike": {
          const { accountId } = request;
          if (accountId === "") throw invalidField("account_id", "is needed to test a spend spike");
          const terms = spendSpikeTerms("test", condition);
          const test = await backtestSpike(readSpend, spec as AlertRule["value"], terms, {
            ...range,
            accountId,
          });
          return backtestMessage(spendQuery(terms.windowMs), test);
        }
        case "low_balance":
          throw new MonitoringError("BACKTEST_NOT_POSSIBLE", "what balances were is not recorded", {
            metadata: { condition: condition.kind },
          });
      }
    },
  } satisfies ServiceHandlers<typeof MonitoringService>;
}

/** What the chart of a tested spend spike shows. */
function spendQuery(windowMs: number): MetricQueryRecord {
  return { metric: ledgerCounters.spent.name, matchers: [], groupBy: [], function: "sum", windowMs };
}

function testedRange({ startTime, endTime }: TestAlertRuleRequest, nowMs: number) {
  const endMs = endTime === undefined ? nowMs : Math.min(timestampMs(endTime), nowMs);
  const startMs = startTime === undefined ? endMs - dayMs : timestampMs(startTime);
  if (startMs >= endMs) throw invalidField("start_time", "lies not before the end");
  if (endMs - startMs > longestTestMs)
    throw invalidField("start_time", "lies more than 31 days before the end");
  return { startMs, endMs, nowMs };
}

function hasText(text: string, id: string, { alertName, annotations }: AlertRuleSpec): boolean {
  const wanted = text.toLowerCase();
  return [id, alertName, annotations.summary ?? ""].some((each) => each.toLowerCase().includes(wanted));
}

function hasSeverity(severity: AlertSeverity, rule: AlertRule["value"]): boolean {
  return severity === AlertSeverity.UNSPECIFIED || severityNumbers[termsOf(rule).severity] === severity;
}

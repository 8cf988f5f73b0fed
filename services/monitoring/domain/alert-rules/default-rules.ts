import type { ManagedRequest } from "../alerting/managed-objects.ts";
import type { InhibitionSpec } from "../muting/inhibitions.ts";
import type { AlertRuleSpec } from "./alert-rules.ts";
import { monitorRules } from "./monitor-rules.ts";
import { paymentRules } from "./payment-rules.ts";
import { metricRule, softwareActor } from "./rule-in-words.ts";
import { serviceRules } from "./service-rules.ts";
import { sourceRules } from "./source-rules.ts";

const accountRules: readonly ManagedRequest<AlertRuleSpec>[] = [
  {
    id: "low-balance",
    actor: softwareActor,
    spec: {
      alertName: "LowBalance",
      condition: {
        kind: "low_balance",
        // Only accounts that state thresholds of their own.
        defaultLevels: [],
        rearmPercent: "",
      },
      severity: "info",
      labels: {},
      annotations: {
        summary: "The balance of {{ $labels.account }} has fallen to {{ $value }} {{ $labels.currency }}",
      },
      disabled: false,
      builtIn: true,
    },
  },
  {
    id: "spend-spike",
    actor: softwareActor,
    spec: {
      alertName: "SpendSpike",
      condition: { kind: "spend_spike", factor: "", minimumSpends: [] },
      severity: "info",
      labels: {},
      annotations: {
        summary: "{{ $labels.account }} has spent {{ $value }} {{ $labels.currency }}, far more than usual",
      },
      disabled: false,
      builtIn: true,
    },
  },
];

/** The rules that ship with the software: they can be changed and switched off, not deleted. */
export const defaultRules: readonly ManagedRequest<AlertRuleSpec>[] = [
  ...Object.entries({ ...serviceRules, ...paymentRules, ...sourceRules, ...monitorRules }).map(
    ([ruleId, words]) => metricRule(ruleId, words),
  ),
  ...accountRules,
];

const named = (value: string) => ({ label: "alertname", operator: "equal", value }) as const;

/** Inhibitions that ship with the software. */
export const defaultInhibitions: readonly ManagedRequest<InhibitionSpec>[] = [
  {
    id: "redis-down-mutes-services",
    actor: softwareActor,
    spec: {
      sourceMatchers: [named("RedisDown")],
      targetMatchers: [
        {
          label: "alertname",
          operator: "matches",
          value: "ServiceDown|CallErrorsHigh|IntakeBehind|IntakeSilent",
        },
      ],
      equalLabels: [],
      description: "Without Redis nothing serves; one alert says so.",
      builtIn: true,
    },
  },
  {
    id: "memory-full-mutes-high",
    actor: softwareActor,
    spec: {
      sourceMatchers: [named("RedisMemoryFull")],
      targetMatchers: [named("RedisMemoryHigh")],
      equalLabels: ["server"],
      description: "The worse of two alerts about the same figure.",
      builtIn: true,
    },
  },
];

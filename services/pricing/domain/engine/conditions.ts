import { Decimal } from "#money/decimal.ts";
import type { Condition } from "../price-terms.ts";
import { compileWindow, describeWindow } from "./time-window.ts";
import { quantityOf, type Usage } from "./usage.ts";
import { groupDigits, wordsOf } from "./wording.ts";

/** Whether conditions hold for a usage. */
export type Test = (usage: Usage) => boolean;

/** What one kind of condition means. */
interface ConditionRule<C extends Condition> {
  compile(condition: C): Test;
  /** The condition in words, for a line item. */
  describe(condition: C, nameOf: (meter: string) => string): string;
}

type ConditionOf<K extends Condition["kind"]> = Extract<Condition, { kind: K }>;

const attributeMatches = {
  any_of: (value: string | undefined, values: readonly string[]) =>
    value !== undefined && values.includes(value),
  none_of: (value: string | undefined, values: readonly string[]) =>
    value === undefined || !values.includes(value),
  present: (value: string | undefined) => value !== undefined,
  absent: (value: string | undefined) => value === undefined,
} as const;

const attributeWords = {
  any_of: (name: string, values: string) => `${name} ${values}`,
  none_of: (name: string, values: string) => `${name} not ${values}`,
  present: (name: string) => `with ${name}`,
  absent: (name: string) => `without ${name}`,
} as const;

/** Every kind of condition. */
const conditionRules: { readonly [K in Condition["kind"]]: ConditionRule<ConditionOf<K>> } = {
  attribute: {
    compile: ({ attribute, match, values }) => {
      const matches = attributeMatches[match];
      return (usage) => matches(usage.attributes.get(attribute), values);
    },
    describe: ({ attribute, match, values }) =>
      attributeWords[match](wordsOf(attribute), values.join(" or ")),
  },
  quantity: {
    compile: ({ meter, above, upTo }) => {
      const lower = above === undefined ? undefined : Decimal.parse(above);
      const upper = upTo === undefined ? undefined : Decimal.parse(upTo);
      return (usage) => {
        const quantity = quantityOf(usage, meter);
        if (lower !== undefined && quantity.compare(lower) <= 0) return false;
        return upper === undefined || quantity.compare(upper) <= 0;
      };
    },
    describe: ({ meter, above, upTo }, nameOf) => {
      const bounds = [
        ...(above === undefined ? [] : [`above ${groupDigits(Decimal.parse(above))}`]),
        ...(upTo === undefined ? [] : [`up to ${groupDigits(Decimal.parse(upTo))}`]),
      ];
      return `${bounds.join(" and ")} ${nameOf(meter)}`.trim();
    },
  },
  time_window: {
    compile: ({ window }) => {
      const { holdsAt } = compileWindow(window);
      return (usage) => holdsAt(usage.atMs);
    },
    describe: ({ window }) => describeWindow(window),
  },
};

/** A test whether all conditions hold. */
export function compileConditions(conditions: readonly Condition[]): Test {
  const tests = conditions.map((condition) => ruleOf(condition).compile(condition));
  return (usage) => tests.every((test) => test(usage));
}

/** The conditions in words: "service tier batch, above 272,000 input tokens"; empty when there are none. */
export function describeConditions(
  conditions: readonly Condition[],
  nameOf: (meter: string) => string,
): string {
  return conditions.map((condition) => ruleOf(condition).describe(condition, nameOf)).join(", ");
}

function ruleOf(condition: Condition): ConditionRule<Condition> {
  return conditionRules[condition.kind] as ConditionRule<Condition>;
}

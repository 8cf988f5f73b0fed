import type { Condition } from "./price-terms.ts";
import { quantityOf, type Usage } from "./usage.ts";
import { groupDigits, wordsOf } from "./wording.ts";

/** What one kind of condition means. */
interface ConditionRule<C extends Condition> {
  holds(condition: C, usage: Usage): boolean;
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
    holds: ({ attribute, match, values }, usage) =>
      attributeMatches[match](usage.attributes.get(attribute), values),
    describe: ({ attribute, match, values }) =>
      attributeWords[match](wordsOf(attribute), values.join(" or ")),
  },
  quantity: {
    holds({ meter, above, upTo }, usage) {
      const quantity = quantityOf(usage, meter);
      if (above !== undefined && quantity.compare(above) <= 0) return false;
      return upTo === undefined || quantity.compare(upTo) <= 0;
    },
    describe({ meter, above, upTo }, nameOf) {
      const bounds = [
        ...(above === undefined ? [] : [`above ${groupDigits(above)}`]),
        ...(upTo === undefined ? [] : [`up to ${groupDigits(upTo)}`]),
      ];
      return `${bounds.join(" and ")} ${nameOf(meter)}`.trim();
    },
  },
};

/** Whether all conditions hold for the usage. */
export function allHold(conditions: readonly Condition[], usage: Usage): boolean {
  return conditions.every((condition) => ruleOf(condition).holds(condition, usage));
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

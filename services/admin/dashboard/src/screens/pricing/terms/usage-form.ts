import type { Condition } from "#gen/billing/pricing/v1/condition_pb.ts";
import type { PriceTerms } from "#gen/billing/pricing/v1/price_terms_pb.ts";

/** The meters that a usage of the price may name, in the order of the price. */
export function metersOf({ components, meters }: PriceTerms): string[] {
  const named = [
    ...components.map(({ meter }) => meter),
    ...meters.map(({ meter }) => meter),
    ...conditionsOf({ components }).flatMap(({ condition }) =>
      condition.case === "quantity" ? [condition.value.meter] : [],
    ),
  ];
  return [...new Set(named)].filter((meter) => meter !== "");
}

/** The attributes that decide what a usage costs, and the values that the price knows. */
export function attributesOf(terms: PriceTerms): Array<{ name: string; values: string[] }> {
  const known = new Map<string, Set<string>>();
  for (const { condition } of conditionsOf(terms)) {
    if (condition.case !== "attribute") continue;
    const values = known.get(condition.value.attribute) ?? new Set();
    for (const value of condition.value.values) values.add(value);
    known.set(condition.value.attribute, values);
  }
  return [...known].map(([name, values]) => ({ name, values: [...values] }));
}

function conditionsOf({ components }: Pick<PriceTerms, "components">): Condition[] {
  return components.flatMap(({ conditions, variants }) => [
    ...conditions,
    ...variants.flatMap((variant) => variant.conditions),
  ]);
}

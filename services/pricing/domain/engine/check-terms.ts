import { Decimal } from "#money/decimal.ts";
import type { FieldViolation } from "#platform/errors/service-error.ts";
import type {
  Adjustments,
  Condition,
  PriceComponent,
  PriceModel,
  PriceTerms,
  TimeWindow,
} from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { buildMeterGraph } from "./meter-graph.ts";
import { isSumOfPeriod, modelBases } from "./models/price-models.ts";
import { isTimeZone } from "./time-window.ts";

type Report = (field: string, description: string) => void;

/**
 * Checks that terms do not contradict themselves, beyond what the contract's own constraints say.
 *
 * @param path where the terms stand in the request, for example "terms"
 * @throws PricingError PRICE_INVALID naming every field at fault
 */
export function checkTerms(terms: PriceTerms, path: string): void {
  const fields: FieldViolation[] = [];
  const report: Report = (field, description) => fields.push({ field: `${path}.${field}`, description });
  checkUnique(
    terms.components.map(({ componentId }) => componentId),
    "components",
    "component_id",
    report,
  );
  checkUnique(
    terms.meters.map(({ meter }) => meter),
    "meters",
    "meter",
    report,
  );
  for (const [index, component] of terms.components.entries())
    checkComponent(component, `components[${index}]`, report);
  checkAdjustments(terms.adjustments, "adjustments", report);
  checkPeriod(terms, report);
  checkCircles(terms, report);
  if (fields.length === 0) return;
  const [first] = fields;
  const more = fields.length === 1 ? "" : ` (and ${fields.length - 1} more)`;
  throw new PricingError("PRICE_INVALID", `${first?.field}: ${first?.description}${more}`, { fields });
}

/** Checks a book's adjustments by themselves; likewise. */
export function checkBookAdjustments(adjustments: Adjustments | undefined, path: string): void {
  const fields: FieldViolation[] = [];
  checkAdjustments(adjustments, path, (field, description) => fields.push({ field, description }));
  if (fields[0] === undefined) return;
  throw new PricingError("PRICE_INVALID", `${fields[0].field}: ${fields[0].description}`, { fields });
}

function checkUnique(values: readonly string[], list: string, field: string, report: Report): void {
  for (const [index, value] of values.entries()) {
    if (values.indexOf(value) < index) report(`${list}[${index}].${field}`, `${value} is there twice`);
  }
}

function checkComponent(component: PriceComponent, path: string, report: Report): void {
  const { conditions, variants, adjustments, meter, freeUnits } = component;
  checkConditions(conditions, `${path}.conditions`, report);
  checkUnique(
    variants.map(({ variantId }) => variantId),
    `${path}.variants`,
    "variant_id",
    report,
  );
  for (const [index, variant] of variants.entries()) {
    const at = `${path}.variants[${index}]`;
    checkConditions(variant.conditions, `${at}.conditions`, report);
    const { model } = variant;
    const basis = modelBases[model.kind];
    if (meter === "" && (basis === "quantity" || basis === "time"))
      report(`${path}.meter`, `is needed by the model ${model.kind}`);
    if (model.kind === "percentage" && freeUnits !== "0")
      report(`${path}.free_units`, "a percentage has free_amount and free_events instead");
    const check = modelChecks[model.kind] as ModelCheck<PriceModel["kind"]> | undefined;
    check?.(model, `${at}.${model.kind}`, report);
  }
  checkAdjustments(adjustments, `${path}.adjustments`, report);
  if (adjustments?.scope === "period")
    report(`${path}.adjustments.scope`, "a period is for a whole price, not for a component");
}

type ModelCheck<K extends PriceModel["kind"]> = (
  model: Extract<PriceModel, { kind: K }>,
  path: string,
  report: Report,
) => void;

/** What models must be beyond the form of their fields; the others have nothing that could contradict itself. */
const modelChecks: { readonly [K in PriceModel["kind"]]?: ModelCheck<K> } = {
  graduated: ({ tiers }, path, report) => checkTiers(tiers, path, report),
  volume: ({ tiers }, path, report) => checkTiers(tiers, path, report),
  graduated_percentage: ({ tiers }, path, report) => checkTiers(tiers, path, report),
  percentage: ({ minimumPerEvent, maximumPerEvent }, path, report) =>
    checkBounds(minimumPerEvent, maximumPerEvent, `${path}.minimum_per_event`, report),
  duration: ({ rates }, path, report) => {
    for (const [index, { window, steps }] of rates.entries()) {
      if (window !== undefined) checkWindow(window, `${path}.rates[${index}].window`, report);
      const starts = steps.map(({ fromMs }) => fromMs);
      checkSteps(starts, `${path}.rates[${index}].steps`, report);
    }
  },
};

function checkTiers(tiers: ReadonlyArray<{ readonly upTo?: string }>, path: string, report: Report): void {
  let below = Decimal.zero;
  for (const [index, { upTo }] of tiers.entries()) {
    const field = `${path}.tiers[${index}].up_to`;
    if (upTo === undefined) {
      if (index < tiers.length - 1) report(field, "only the last tier may be without a bound");
      continue;
    }
    const bound = Decimal.parse(upTo);
    if (bound.compare(below) <= 0) report(field, "must be above the bound of the tier before");
    below = bound;
  }
}

function checkSteps(starts: readonly number[], path: string, report: Report): void {
  if (starts[0] !== 0) report(`${path}[0].from`, "the first step begins at 0");
  for (const [index, start] of starts.entries()) {
    if (index > 0 && start <= (starts[index - 1] ?? 0))
      report(`${path}[${index}].from`, "must be later than the step before");
  }
}

function checkConditions(conditions: readonly Condition[], path: string, report: Report): void {
  for (const [index, condition] of conditions.entries()) {
    const at = `${path}[${index}]`;
    if (condition.kind === "time_window") checkWindow(condition.window, `${at}.time_window`, report);
    if (condition.kind === "attribute") {
      const needsValues = condition.match === "any_of" || condition.match === "none_of";
      if (needsValues !== condition.values.length > 0)
        report(`${at}.attribute.values`, needsValues ? "are needed to compare with" : "must be empty");
    }
    if (condition.kind === "quantity") {
      const { above, upTo } = condition;
      if (above === undefined && upTo === undefined) report(`${at}.quantity`, "needs a bound");
      if (above !== undefined && upTo !== undefined && !isBelow(above, upTo))
        report(`${at}.quantity.up_to`, "must be above the lower bound");
    }
  }
}

function checkWindow({ timeZone }: TimeWindow, path: string, report: Report): void {
  if (!isTimeZone(timeZone)) report(`${path}.time_zone`, `there is no time zone ${timeZone}`);
}

function checkAdjustments(adjustments: Adjustments | undefined, path: string, report: Report): void {
  checkBounds(adjustments?.minimumAmount, adjustments?.maximumAmount, `${path}.minimum_amount`, report);
}

function checkBounds(
  minimum: string | undefined,
  maximum: string | undefined,
  field: string,
  report: Report,
): void {
  if (minimum !== undefined && maximum !== undefined && isBelow(maximum, minimum))
    report(field, "must not be above the maximum");
}

function isBelow(left: string, right: string): boolean {
  return Decimal.parse(left).compare(Decimal.parse(right)) < 0;
}

/** A bound for a period needs models that can price a period from its sums. */
function checkPeriod({ adjustments, components }: PriceTerms, report: Report): void {
  if (adjustments?.scope !== "period") return;
  if (adjustments.minimumAmount === undefined && adjustments.maximumAmount === undefined) return;
  for (const [index, { variants }] of components.entries()) {
    const single = variants.find(({ model }) => !isSumOfPeriod(model));
    if (single !== undefined) {
      report(
        `components[${index}].variants`,
        `${single.variantId} depends on single usages, so that no bound for the period can hold for it`,
      );
    }
  }
}

function checkCircles(terms: PriceTerms, report: Report): void {
  try {
    buildMeterGraph(terms);
  } catch (error) {
    if (!(error instanceof PricingError)) throw error;
    report("meters", error.message);
  }
}

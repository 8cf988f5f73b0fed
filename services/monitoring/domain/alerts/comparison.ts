import type { Comparison, MetricCondition } from "../../store/alerting/alert-rule-record.ts";
import { type Figure, formatFigure, parseFigure } from "../metrics/figure.ts";

const comparisons: Readonly<Record<Comparison, (figure: Figure, threshold: Figure) => boolean>> = {
  greater: (figure, threshold) => figure > threshold,
  greater_or_equal: (figure, threshold) => figure >= threshold,
  less: (figure, threshold) => figure < threshold,
  less_or_equal: (figure, threshold) => figure <= threshold,
  equal: (figure, threshold) => figure === threshold,
  not_equal: (figure, threshold) => figure !== threshold,
};

const signs: Readonly<Record<Comparison, string>> = {
  greater: ">",
  greater_or_equal: "≥",
  less: "<",
  less_or_equal: "≤",
  equal: "=",
  not_equal: "≠",
};

/** For which comparisons a firing alert may end at another figure, and on which side of the threshold that lies. */
const goodSides: Partial<Readonly<Record<Comparison, "below" | "above">>> = {
  greater: "below",
  greater_or_equal: "below",
  less: "above",
  less_or_equal: "above",
};

/** Whether the condition holds for a figure. A firing alert goes by the threshold at which it ends. */
export function conditionHolds(condition: MetricCondition, figure: Figure, isFiring: boolean): boolean {
  const { operator, threshold, resolveThreshold } = condition;
  const line = isFiring && resolveThreshold !== "" ? resolveThreshold : threshold;
  return comparisons[operator](figure, parseFigure(line));
}

/** The comparison in words, for example "12.3 > 10". */
export function describeComparison({ operator, threshold }: MetricCondition, figure: Figure): string {
  return `${formatFigure(figure)} ${signs[operator]} ${formatFigure(parseFigure(threshold))}`;
}

/** What is wrong with the threshold at which an alert ends; undefined if nothing is. */
export function resolveThresholdFault(condition: MetricCondition): string | undefined {
  const { operator, threshold, resolveThreshold } = condition;
  if (resolveThreshold === "") return undefined;
  const side = goodSides[operator];
  if (side === undefined) return "goes only with a comparison by order";
  const [line, end] = [parseFigure(threshold), parseFigure(resolveThreshold)];
  const isGood = side === "below" ? end <= line : end >= line;
  return isGood ? undefined : `lies not ${side} the threshold, so that an alert could end while it holds`;
}

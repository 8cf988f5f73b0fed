import { AttributeMatch, type Condition, type TimeWindow } from "#gen/billing/pricing/v1/condition_pb.ts";
import { formatNumber } from "../../../data/exact.ts";

const days = ["", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** What must hold, in words: "service tier is batch, more than 200,000 input tokens". */
export function describeConditions(conditions: readonly Condition[]): string {
  return conditions.map(describeCondition).join(", ");
}

function describeCondition({ condition }: Condition): string {
  switch (condition.case) {
    case "attribute": {
      const { attribute, match, values } = condition.value;
      const name = inWords(attribute);
      if (match === AttributeMatch.PRESENT) return `${name} is stated`;
      if (match === AttributeMatch.ABSENT) return `${name} is not stated`;
      const isNot = match === AttributeMatch.NONE_OF;
      return `${name} is ${isNot ? "not " : ""}${values.join(isNot ? " nor " : " or ")}`;
    }
    case "quantity": {
      const { meter, above, upTo } = condition.value;
      const bounds = [above && `more than ${formatNumber(above)}`, upTo && `at most ${formatNumber(upTo)}`];
      return `${bounds.filter(Boolean).join(" and ")} ${inWords(meter)}`;
    }
    case "timeWindow":
      return describeWindow(condition.value);
    default:
      return "";
  }
}

/** A recurring window of time in words. */
export function describeWindow({ weekdays, from, to, timeZone }: TimeWindow): string {
  const on = weekdays.length === 0 ? "daily" : weekdays.map((day) => days[day]).join(" ");
  return `${on} ${from || "00:00"}–${to || "24:00"} ${timeZone || "UTC"}`;
}

/** "cache_read_tokens" → "cache read tokens". */
export function inWords(name: string): string {
  return name.replaceAll("_", " ");
}

import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import {
  type DurationRules,
  type FieldRules,
  field as fieldOption,
  type Int32Rules,
  type RepeatedRules,
  type StringRules,
  type UInt32Rules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { JsonSchema } from "./json-schema.ts";

/** The constraints that the contract states for a field; undefined if there are none. */
export function rulesOf(field: DescField): FieldRules | undefined {
  return hasOption(field, fieldOption) ? getOption(field, fieldOption) : undefined;
}

/** Whether a request without the field is refused. */
export function isRequired(field: DescField): boolean {
  const rules = rulesOf(field);
  if (rules === undefined || field.presence === 1) return rules?.required === true;
  if (rules.required) return true;
  const bounds = boundsOf(rules);
  if (field.fieldKind === "list") return Number(bounds.minItems ?? 0) > 0;
  if (field.scalar === undefined || field.fieldKind !== "scalar") return false;
  // Without presence an absent field is an empty or zero one, which these bounds may not allow.
  const tooSmall = Number(bounds.minLength ?? 0) > 0 || Number(bounds.minimum ?? 0) > 0;
  return tooSmall || (typeof bounds.pattern === "string" && !new RegExp(bounds.pattern, "u").test(""));
}

/** Constraints as keywords of JSON Schema; what JSON Schema cannot say is left out. */
export function boundsOf(rules: FieldRules): JsonSchema {
  switch (rules.type.case) {
    case "string":
      return stringBounds(rules.type.value);
    case "uint32":
    case "int32":
      return numberBounds(rules.type.value);
    case "repeated":
      return listBounds(rules.type.value);
    case "map":
      return defined({
        minProperties: orUndefined(rules.type.value.minPairs),
        maxProperties: orUndefined(rules.type.value.maxPairs),
        propertyNames: rules.type.value.keys && boundsOf(rules.type.value.keys),
      });
    case "duration":
      return durationWords(rules.type.value);
    default:
      return {};
  }
}

function stringBounds({ minLen, maxLen, len, pattern }: StringRules): JsonSchema {
  return defined({
    minLength: orUndefined(minLen || len),
    maxLength: orUndefined(maxLen || len),
    pattern: pattern === "" ? undefined : pattern,
  });
}

function numberBounds({ greaterThan, lessThan }: UInt32Rules | Int32Rules): JsonSchema {
  return defined({
    minimum: greaterThan.case === "gte" ? greaterThan.value : undefined,
    exclusiveMinimum: greaterThan.case === "gt" ? greaterThan.value : undefined,
    maximum: lessThan.case === "lte" ? lessThan.value : undefined,
    exclusiveMaximum: lessThan.case === "lt" ? lessThan.value : undefined,
  });
}

function listBounds({ minItems, maxItems, unique }: RepeatedRules): JsonSchema {
  return defined({
    minItems: orUndefined(minItems),
    maxItems: orUndefined(maxItems),
    uniqueItems: unique || undefined,
  });
}

function durationWords({ greaterThan, lessThan }: DurationRules): JsonSchema {
  const from = greaterThan.case === "gte" ? `at least ${greaterThan.value.seconds} s` : "";
  const to = lessThan.case === "lte" ? `at most ${lessThan.value.seconds} s` : "";
  const words = [from, to].filter((part) => part !== "").join(", ");
  return words === "" ? {} : { description: words };
}

function orUndefined(count: bigint): number | undefined {
  return count === 0n ? undefined : Number(count);
}

function defined(keywords: Readonly<Record<string, unknown>>): JsonSchema {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined));
}

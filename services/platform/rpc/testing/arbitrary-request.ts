import {
  create,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  type FieldRules,
  field as fieldOption,
  oneof as oneofOption,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import fc from "fast-check";

/** Bounds of numbers and durations; most values lie within them, some at their ends, a few beyond. */
interface Bounds {
  readonly lessThan?: { readonly value?: unknown };
  readonly greaterThan?: { readonly value?: unknown };
}

const deepest = 5;
/** How much more often a value keeps its constraint than not. */
const good = 30;

const mostly = <T>(kept: fc.Arbitrary<T>, broken: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: good, arbitrary: kept }, { weight: 1, arbitrary: broken });

/** A message that keeps its constraints, or nearly. */
export function arbitraryRequest(schema: DescMessage, depth = 0): fc.Arbitrary<Message> {
  const members = schema.members.map((member) => {
    if (member.kind !== "oneof") return fieldValue(member, depth);
    const cases = member.fields.map((each) =>
      singleValue(each, rulesOf(each), depth).map((value) => ({ case: each.localName, value })),
    );
    const isRequired = hasOption(member, oneofOption) && getOption(member, oneofOption).required;
    return isRequired
      ? mostly(fc.oneof(...cases), fc.constant(undefined as never))
      : fc.option(fc.oneof(...cases), { nil: undefined });
  });
  return fc
    .tuple(...(members as fc.Arbitrary<unknown>[]))
    .map((values) =>
      create(
        schema,
        Object.fromEntries(schema.members.map(({ localName }, index) => [localName, values[index]])) as never,
      ),
    );
}

function rulesOf(each: DescField): FieldRules | undefined {
  return hasOption(each, fieldOption) ? getOption(each, fieldOption) : undefined;
}

function fieldValue(each: DescField, depth: number): fc.Arbitrary<unknown> {
  const rules = rulesOf(each);
  if (each.fieldKind === "list") return listValue(each, rules, depth);
  if (each.fieldKind === "map") {
    const { keys, values } =
      rules?.type.case === "map" ? rules.type.value : { keys: undefined, values: undefined };
    return fc.dictionary(textValue(keys), singleValue(each, values, depth), { maxKeys: 2 });
  }
  const value = singleValue(each, rules, depth);
  if (each.message === undefined) return value;
  return rules?.required ? mostly(value, fc.constant(undefined)) : fc.option(value, { nil: undefined });
}

function listValue(each: DescField, rules: FieldRules | undefined, depth: number): fc.Arbitrary<unknown> {
  const bounds = rules?.type.case === "repeated" ? rules.type.value : undefined;
  const [least, most] = [Number(bounds?.minItems ?? 0n), Number(bounds?.maxItems ?? 0n)];
  const item = singleValue(each, bounds?.items, depth);
  const within = fc.array(item, { minLength: least, maxLength: Math.max(least, Math.min(most || 2, 2)) });
  return least > 0 ? mostly<unknown>(within, fc.constant([])) : within;
}

function singleValue(each: DescField, rules: FieldRules | undefined, depth: number): fc.Arbitrary<unknown> {
  const { message, enum: values } = each;
  if (message?.typeName.startsWith("google.protobuf.")) return timeValue(message, rules);
  if (message !== undefined)
    return depth >= deepest ? fc.constant(create(message)) : arbitraryRequest(message, depth + 1);
  if (values !== undefined)
    return mostly(fc.constantFrom(...values.values.map(({ number }) => number)), fc.constant(77));
  if (each.scalar === ScalarType.STRING) return textValue(rules);
  if (each.scalar === ScalarType.BOOL) return fc.boolean();
  if (each.scalar === ScalarType.BYTES) return fc.uint8Array({ maxLength: 4 });
  return numberValue(each.scalar, rules);
}

function textValue(rules: FieldRules | undefined): fc.Arbitrary<string> {
  const { pattern = "", maxLen = 0n, minLen = 0n } = rules?.type.case === "string" ? rules.type.value : {};
  const broken = fc.constantFrom("", " ", "é", "x".repeat(300), "1e5");
  if (pattern !== "") return mostly(fc.stringMatching(new RegExp(pattern)), broken);
  return mostly(fc.string({ minLength: Number(minLen), maxLength: Number(maxLen || 12n) }), broken);
}

function numberValue(scalar: ScalarType | undefined, rules: FieldRules | undefined): fc.Arbitrary<unknown> {
  const { lessThan, greaterThan } = (rules?.type.value ?? {}) as Bounds;
  const isWide = scalar === ScalarType.INT64 || scalar === ScalarType.UINT64;
  const least = Number(greaterThan?.value ?? 0);
  const most = Number(lessThan?.value ?? least + 9);
  const near = fc.integer({ min: Math.max(0, least - 1), max: most + 1 });
  const numbers = mostly(fc.integer({ min: least, max: most }), near);
  return isWide ? numbers.map(BigInt) : numbers;
}

function timeValue(message: DescMessage, rules: FieldRules | undefined): fc.Arbitrary<Message> {
  const { lessThan, greaterThan } = (rules?.type.value ?? {}) as Bounds;
  const secondsOf = (bound: unknown) => Number((bound as { seconds?: bigint } | undefined)?.seconds ?? 0n);
  const least = secondsOf(greaterThan?.value);
  const most = Math.max(least, secondsOf(lessThan?.value) || least + 1_000);
  const seconds = fc.integer({ min: least, max: most }).map(BigInt);
  const nanos = mostly(fc.constantFrom(0, 1, 999_999_999), fc.constant(1_000_000_000));
  return fc
    .tuple(seconds, nanos)
    .map(([whole, part]) => create(message, { seconds: whole, nanos: part } as never));
}

import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 90 }),
  fc.constantFrom("1.50", "-0", "007", "12", "0.10"),
  fc.constantFrom("", "\ud800", "x".repeat(64), "x".repeat(65), "é".repeat(64), "7".repeat(20_000)),
);
const scalars: ReadonlyMap<ScalarType, fc.Arbitrary<unknown>> = new Map<ScalarType, fc.Arbitrary<unknown>>([
  [ScalarType.STRING, text],
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.INT32, fc.integer()],
  [ScalarType.SINT32, fc.integer()],
  [ScalarType.UINT32, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [ScalarType.INT64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [ScalarType.UINT64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [ScalarType.BYTES, fc.uint8Array({ maxLength: 20 })],
]);
const deepest = 6;
/** Seconds within what both types allow, so that they have a JSON form. */
const times = fc.record({
  seconds: fc.bigInt({ min: 0n, max: 253_402_300_799n }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
});

/** Any message of a type that the library can write. */
export function arbitraryMessage(schema: DescMessage, depth = 0): fc.Arbitrary<Message> {
  const members = schema.members.map((member) =>
    member.kind === "oneof"
      ? fc.option(fc.oneof(...member.fields.map((field) => oneofCase(field, depth))), { nil: undefined })
      : fieldValue(member, depth),
  );
  return fc
    .tuple(...members)
    .map((values) =>
      create(
        schema,
        Object.fromEntries(schema.members.map((member, index) => [member.localName, values[index]])) as never,
      ),
    );
}

function oneofCase(field: DescField, depth: number): fc.Arbitrary<unknown> {
  return singleValue(field, depth).map((value) => ({ case: field.localName, value }));
}

function fieldValue(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const value = singleValue(field, depth);
  if (field.fieldKind === "list") return fc.array(value, { maxLength: depth > 2 ? 1 : 3 });
  if (field.fieldKind === "map") return fc.dictionary(text, value, { maxKeys: 3 });
  return fc.option(value, { nil: undefined });
}

function singleValue(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const { message } = field;
  if (message?.typeName.startsWith("google.protobuf."))
    return times.map((time) => create(message, time as never));
  if (message !== undefined)
    return depth >= deepest ? fc.constant(create(message)) : arbitraryMessage(message, depth + 1);
  if (field.scalar === undefined) return fc.constantFrom(0, 1, 3, 200);
  const scalar = scalars.get(field.scalar);
  if (scalar === undefined) throw new Error(`no values for ${field}`);
  return scalar;
}

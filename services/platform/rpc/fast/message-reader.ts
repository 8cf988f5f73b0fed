import {
  type DescField,
  type DescMessage,
  type DescOneof,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { ForwardReader, OddBytes } from "./forward-reader.ts";
import { isPlainSchema, lengthType, tagOf, zeroOf } from "./plain-schema.ts";

/** Reads a message; undefined if there is something odd about its bytes, for which the library has to be asked. */
export type MessageReader = (bytes: Buffer) => Message | undefined;

/** Scalars by the code that reads them within a part that ends at `end`. */
const reads: ReadonlyMap<ScalarType, string> = new Map([
  [ScalarType.STRING, "r.text(end)"],
  [ScalarType.BOOL, "r.bool()"],
  [ScalarType.INT32, "r.int32()"],
  [ScalarType.SINT32, "r.sint32()"],
  [ScalarType.UINT32, "r.uint32()"],
  [ScalarType.INT64, "r.int64()"],
  [ScalarType.UINT64, "r.int64()"],
]);

/**
 * Compiles a reader for a message of the contract: one function for each type of message in it, which makes a literal.
 * The library's reader makes a message of zeros and then calls a closure for each field. What is read is what the
 * library reads; bytes that no writer of the contract would write (an unknown field, a single message in two parts) are
 * left to it. Undefined if the message has something that this does not know.
 */
export function compileReader(schema: DescMessage): MessageReader | undefined {
  const types = new Map<DescMessage, string>();
  if (!collectTypes(schema, types, [])) return undefined;
  const source = [...types.keys()].map((type) => functionOf(type, types)).join("\n");
  // Made of the contract's own names and numbers, nothing that comes with a request.
  const read = new Function("OddBytes", `"use strict";\n${source}\nreturn ${types.get(schema)};`)(
    OddBytes,
  ) as (reader: ForwardReader, end: number) => Message;
  const reader = new ForwardReader();
  return (bytes) => {
    try {
      reader.start(bytes);
      return read(reader, bytes.length);
    } catch {
      return undefined;
    } finally {
      reader.finish();
    }
  };
}

/** False if a type is not known, or contains itself: the library bounds how deep. */
function collectTypes(
  schema: DescMessage,
  types: Map<DescMessage, string>,
  outer: readonly DescMessage[],
): boolean {
  if (outer.includes(schema) || !isKnown(schema)) return false;
  types.set(schema, types.get(schema) ?? `read${types.size}`);
  return schema.fields.every(
    ({ message }) => message === undefined || collectTypes(message, types, [...outer, schema]),
  );
}

function isKnown(schema: DescMessage): boolean {
  return isPlainSchema(schema) && schema.fields.every((field) => field.enum === undefined || field.enum.open);
}

function functionOf(schema: DescMessage, types: ReadonlyMap<DescMessage, string>): string {
  const variables = new Map(
    schema.members.map((member, index) => [member as DescField | DescOneof, `v${index}`]),
  );
  const variableOf = (field: DescField) => variables.get(field.oneof ?? field)!;
  const members = schema.members.map((member) => memberCode(member, variables.get(member)!));
  const always = members.flatMap(({ property }) => (property === "" ? [] : [property]));
  return [
    `function ${types.get(schema)}(r, end) {`,
    `let ${["k", "e", ...members.map(({ declaration }) => declaration)].join(", ")};`,
    "while (r.at < end) switch (r.varint()) {",
    ...schema.fields.map((field) => fieldCode(field, variableOf(field), types)),
    "default: throw new OddBytes();",
    "}",
    "if (r.at !== end) throw new OddBytes();",
    `const m = { ${[`$typeName: ${JSON.stringify(schema.typeName)}`, ...always].join(", ")} };`,
    ...members.map(({ afterwards }) => afterwards),
    "return m;",
    "}",
  ].join("\n");
}

/** A member's variable, its place in the literal, and what sets it where it stands in a message only if it was sent. */
function memberCode(
  member: DescField | DescOneof,
  variable: string,
): { declaration: string; property: string; afterwards: string } {
  const name = JSON.stringify(member.localName);
  const orElse = (empty: string) => ({
    declaration: variable,
    property: `${name}: ${variable} === undefined ? ${empty} : ${variable}`,
    afterwards: "",
  });
  if (member.kind === "oneof") return orElse("{ case: undefined }");
  if (member.fieldKind === "list") return orElse("[]");
  if (member.fieldKind === "map") return orElse("{}");
  if (member.presence === Presence.IMPLICIT)
    return {
      declaration: `${variable} = ${zeroOf(member)}`,
      property: `${name}: ${variable}`,
      afterwards: "",
    };
  const afterwards = `if (${variable} !== undefined) m[${name}] = ${variable};`;
  return { declaration: variable, property: "", afterwards };
}

/** The case of a field: reads its value into the variable. */
function fieldCode(field: DescField, variable: string, types: ReadonlyMap<DescMessage, string>): string {
  if (field.fieldKind === "map") return mapCode(field, variable, types);
  const value = valueCode(field, types);
  const label = `case ${tagOf(field, field.number)}:`;
  if (field.fieldKind === "list") return `${label} (${variable} ??= []).push(${value}); break;`;
  // The library merges the parts of a message, and the last of two scalars counts.
  const once = `if (${variable} !== undefined) throw new OddBytes();`;
  if (field.oneof !== undefined)
    return `${label} ${once} ${variable} = { case: ${JSON.stringify(field.localName)}, value: ${value} }; break;`;
  return `${label} ${field.message === undefined ? "" : once} ${variable} = ${value}; break;`;
}

/** Key and value of an entry in either order; a name that every object has is the library's matter. */
function mapCode(field: DescField, variable: string, types: ReadonlyMap<DescMessage, string>): string {
  const zero = field.message === undefined ? zeroOf(field) : "undefined";
  return [
    `case ${field.number * 8 + lengthType}: {`,
    `const whole = end; { const end = r.endOfPart(whole); k = ""; e = undefined;`,
    `while (r.at < end) switch (r.varint()) {`,
    `case ${8 + lengthType}: k = r.text(end); break;`,
    `case ${tagOf(field, 2)}: if (e !== undefined) throw new OddBytes(); e = ${valueCode(field, types)}; break;`,
    "default: throw new OddBytes();",
    "}",
    'if (r.at !== end || k === "__proto__") throw new OddBytes();',
    `if (e === undefined) { ${zero === "undefined" ? "throw new OddBytes();" : `e = ${zero};`} }`,
    `(${variable} ??= {})[k] = e; } break; }`,
  ].join("\n");
}

/** An expression that reads the value of a field, or of an entry of a map. */
function valueCode(field: DescField, types: ReadonlyMap<DescMessage, string>): string {
  if (field.message !== undefined) return `${types.get(field.message)}(r, r.endOfPart(end))`;
  return field.scalar === undefined ? "r.int32()" : reads.get(field.scalar)!;
}

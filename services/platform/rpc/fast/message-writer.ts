import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { BackwardWriter, OddMessage } from "./backward-writer.ts";
import { isPlainSchema, lengthType, tagOf, zeroOf } from "./plain-schema.ts";

/** Writes a message; undefined if there is something odd about it, for which the library has to be asked. */
export type MessageWriter = (message: Message) => Uint8Array<ArrayBuffer> | undefined;

/** Scalars by the method that writes them. */
const methods: ReadonlyMap<ScalarType, string> = new Map([
  [ScalarType.STRING, "text"],
  [ScalarType.BOOL, "bool"],
  [ScalarType.INT32, "int32"],
  [ScalarType.SINT32, "sint32"],
  [ScalarType.UINT32, "uint32"],
  [ScalarType.INT64, "int64"],
  [ScalarType.UINT64, "uint64"],
]);
/** Messages from this size on are noted, for answers that have the same one twice. */
const notedFields = 8;

/**
 * Compiles a writer for a message of the contract: one function for each type of message in it, with its fields in
 * reverse order. The library's writer calls a closure for each field, which costs about three times as much. The bytes
 * are the library's. Undefined if the message has something that this does not know.
 */
export function compileWriter(schema: DescMessage): MessageWriter | undefined {
  const types = new Map<DescMessage, string>();
  collectTypes(schema, types);
  if (![...types.keys()].every(isPlainSchema)) return undefined;
  const source = [...types.keys()].map((type) => functionOf(type, types)).join("\n");
  // Made of the contract's own names and numbers, nothing that comes with a request.
  const write = new Function("OddMessage", `"use strict";\n${source}\nreturn ${types.get(schema)};`)(
    OddMessage,
  ) as (writer: BackwardWriter, message: Message) => void;
  const writer = new BackwardWriter();
  return (message) => {
    try {
      write(writer, message);
      return writer.take();
    } catch {
      writer.reset();
      return undefined;
    }
  };
}

function collectTypes(schema: DescMessage, types: Map<DescMessage, string>): void {
  if (types.has(schema)) return;
  types.set(schema, `write${types.size}`);
  for (const { message } of schema.fields) if (message !== undefined) collectTypes(message, types);
}

function functionOf(schema: DescMessage, types: ReadonlyMap<DescMessage, string>): string {
  const fields = schema.fields.toSorted((left, right) => right.number - left.number);
  return [
    `function ${types.get(schema)}(w, m) {`,
    `if (m.$typeName !== ${JSON.stringify(schema.typeName)} || m.$unknown !== undefined) throw new OddMessage();`,
    "let v, e, k;",
    ...fields.map((field) => fieldCode(field, types)),
    "}",
  ].join("\n");
}

function fieldCode(field: DescField, types: ReadonlyMap<DescMessage, string>): string {
  const name = JSON.stringify(field.localName);
  const value = valueCode(field, types);
  if (field.fieldKind === "list")
    return `for (let l = m[${name}], i = l.length - 1; i >= 0; i--) { v = l[i]; ${value} }`;
  if (field.fieldKind === "map") {
    const entry = `v = m[${name}][k[i]]; const f = w.length; ${value} w.text(k[i]); w.varint(${8 + lengthType});`;
    const head = `w.varint(w.length - f); w.varint(${field.number * 8 + lengthType});`;
    return `k = Object.keys(m[${name}]); for (let i = k.length - 1; i >= 0; i--) { ${entry} ${head} }`;
  }
  if (field.oneof !== undefined)
    return `if (m[${JSON.stringify(field.oneof.localName)}].case === ${name}) { v = m[${JSON.stringify(field.oneof.localName)}].value; ${value} }`;
  return `v = m[${name}]; if (${isSet(field)}) { ${value} }`;
}

/** Whether the value `v` of a single field is written. */
function isSet(field: DescField): string {
  if (field.presence !== Presence.IMPLICIT) return "v !== undefined";
  return `v !== ${zeroOf(field)}`;
}

/** Writes the value `v` with its tag; that of a map's entry has the number 2. */
function valueCode(field: DescField, types: ReadonlyMap<DescMessage, string>): string {
  const number = field.fieldKind === "map" ? 2 : field.number;
  if (field.message !== undefined) {
    const write = `${types.get(field.message)}(w, v);`;
    const isNoted = field.message.fields.length >= notedFields;
    const body = isNoted ? `if (!w.repeat(v)) { ${write} w.note(v, e); }` : write;
    return `e = w.length; ${body} w.varint(w.length - e); w.varint(${tagOf(field, number)});`;
  }
  const method = field.scalar === undefined ? "int32" : methods.get(field.scalar)!;
  return `w.${method}(v); w.varint(${tagOf(field, number)});`;
}

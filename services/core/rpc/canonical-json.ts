import {
  type DescField,
  type DescMessage,
  type DescOneof,
  type JsonValue,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as FieldPresence } from "@bufbuild/protobuf/wkt";
import { Decimal, DecimalError } from "#money/decimal.ts";

/** Writes the canonical JSON of a message. */
export type CanonicalWriter = (message: Message) => string;

/** JSON names of fields that hold decimals, as a single text or by meter. */
const decimalFields = new Set(["amount", "priorBilled", "quantities", "priorQuantities"]);

/** The value of a field in canonical JSON; undefined if it is not set. */
type FieldWriter = (message: Record<string, unknown>) => string | undefined;

/**
 * Compiles what writes the canonical JSON of a message: its proto3 JSON with names sorted and decimals normalised
 * ("1.50" is "1.5"). Texts, lists and messages are written at once; other fields by way of the library's JSON.
 *
 * @param omitted field of the message itself that is left out.
 */
export function compileCanonicalJson(schema: DescMessage, omitted = ""): CanonicalWriter {
  return compileMessage(schema, false, omitted, new Map());
}

/** Writers under way, so that a message that contains itself ends. */
type Known = Map<DescMessage, CanonicalWriter>;

function compileMessage(
  schema: DescMessage,
  isDecimal: boolean,
  omitted: string,
  known: Known,
): CanonicalWriter {
  if (schema.typeName.startsWith("google.protobuf."))
    return (message) => canonicalText(toJson(schema, message), isDecimal);
  const before = known.get(schema);
  if (before !== undefined) return before;
  const fields: { name: string; write: FieldWriter }[] = [];
  const write: CanonicalWriter = (message) => {
    let text = "";
    for (const field of fields) {
      const value = field.write(message as unknown as Record<string, unknown>);
      if (value !== undefined) text += `${text === "" ? "" : ","}${field.name}:${value}`;
    }
    return `{${text}}`;
  };
  known.set(schema, write);
  for (const field of schema.fields.toSorted((a, b) => (a.jsonName < b.jsonName ? -1 : 1)))
    if (field.localName !== omitted)
      fields.push({
        name: JSON.stringify(field.jsonName),
        write: compileField(field, isDecimal || decimalFields.has(field.jsonName), known),
      });
  // Below a field of decimals all are; elsewhere the same type may stand for something else.
  known.delete(schema);
  return write;
}

function compileField(field: DescField, isDecimal: boolean, known: Known): FieldWriter {
  const { localName, message, oneof } = field;
  const write = message === undefined ? undefined : compileMessage(message, isDecimal, "", known);
  if (oneof !== undefined && write !== undefined) return ofOneof(oneof, localName, write);
  if (field.fieldKind === "message" && write !== undefined)
    return ({ [localName]: value }) => (value === undefined ? undefined : write(value as Message));
  if (field.fieldKind === "list" && write !== undefined)
    return ({ [localName]: list }) => {
      const items = list as Message[];
      return items.length === 0 ? undefined : `[${items.map(write).join(",")}]`;
    };
  if (field.fieldKind === "scalar" && field.scalar === ScalarType.STRING && oneof === undefined)
    return ({ [localName]: value }) => (value ? textOf(value as string, isDecimal) : undefined);
  return byLibrary(field, isDecimal);
}

function ofOneof({ localName }: DescOneof, name: string, write: CanonicalWriter): FieldWriter {
  return ({ [localName]: chosen }) => {
    const { case: chosenName, value } = chosen as { case?: string; value?: Message };
    return chosenName === name ? write(value!) : undefined;
  };
}

/** Any other field: the JSON of a message that has it alone. */
function byLibrary(field: DescField, isDecimal: boolean): FieldWriter {
  const { parent, localName, jsonName, oneof } = field;
  // A field that knows whether it was set is written with its zero too.
  const leavesZeroOut = field.presence === FieldPresence.IMPLICIT;
  const memberName = oneof?.localName ?? localName;
  const others = parent.members.filter((member) => member.localName !== memberName);
  const unset = Object.fromEntries(others.map((member) => [member.localName, emptyValue(member)]));
  return (message) => {
    const value = message[memberName];
    if (value === undefined || isEmptyMap(value)) return undefined;
    if (leavesZeroOut && (value === 0 || value === false)) return undefined;
    const alone = { $typeName: parent.typeName, ...unset, [memberName]: value };
    const json = (toJson(parent, alone as never) as Record<string, JsonValue>)[jsonName];
    return json === undefined ? undefined : canonicalText(json, isDecimal);
  };
}

function isEmptyMap(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _ in value) return false;
  return true;
}

function emptyValue(member: DescField | DescOneof): unknown {
  if (member.kind === "oneof") return { case: undefined };
  if (member.fieldKind === "list") return [];
  if (member.fieldKind === "map") return {};
  if (member.fieldKind === "enum") return 0;
  if (member.fieldKind === "message") return undefined;
  const zeros = { [ScalarType.STRING]: "", [ScalarType.BOOL]: false } as Record<number, unknown>;
  return member.scalar in zeros ? zeros[member.scalar] : 0;
}

function canonicalText(value: JsonValue, isDecimal: boolean): string {
  return JSON.stringify(canonical(value, isDecimal));
}

function canonical(value: JsonValue, isDecimal: boolean): JsonValue {
  if (Array.isArray(value)) return value.map((item) => canonical(item, isDecimal));
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(
      entries.map(([name, item]) => [name, canonical(item, isDecimal || decimalFields.has(name))]),
    );
  }
  return isDecimal && typeof value === "string" ? canonicalDecimal(value) : value;
}

/** Texts without anything that JSON escapes. */
const plainText = /^[ !#-[\]-~]*$/;

function textOf(text: string, isDecimal: boolean): string {
  const value = isDecimal ? canonicalDecimal(text) : text;
  return plainText.test(value) ? `"${value}"` : JSON.stringify(value);
}

const decimalStart = /^-?[0-9]/;
/** As callers nearly always write them: nothing to normalise. */
const canonicalForm = /^(?:0|[1-9][0-9]{0,24})(?:[.][0-9]{0,17}[1-9])?$/;

/** A field named like a decimal may be a message with other texts inside; those stay as they are. */
function canonicalDecimal(text: string): string {
  if (canonicalForm.test(text) || !decimalStart.test(text)) return text;
  try {
    return Decimal.parse(text).toString();
  } catch (error) {
    if (error instanceof DecimalError) return text;
    throw error;
  }
}

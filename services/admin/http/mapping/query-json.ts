import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";

/** Parameters of a URL's query, as fastify reads them: one that is repeated is a list. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

/**
 * The JSON form of a query. A parameter is a field in its JSON name; a field of a message or an entry of a map
 * stands behind a dot (`amount.currencyCode=USD`, `labels.tier=gold`); a list is repeated (`states=A&states=B`).
 * What fits no field is kept as it is, so that the decoder refuses it by name.
 */
export function queryJson(message: DescMessage, query: Query): JsonObject {
  const json: JsonObject = {};
  for (const [name, value] of Object.entries(query)) put(json, message, name, value);
  return json;
}

function put(into: JsonObject, message: DescMessage, name: string, value: string | readonly string[]): void {
  const [head = "", ...rest] = name.split(".");
  const field = message.fields.find(
    ({ jsonName, name: protoName }) => jsonName === head || protoName === head,
  );
  if (field === undefined) into[name] = value as JsonValue;
  else if (rest.length === 0) into[field.jsonName] = fieldValue(field, value);
  else {
    const inner = into[field.jsonName];
    const nested: JsonObject = isObject(inner) ? inner : {};
    into[field.jsonName] = nested;
    if (field.message !== undefined && field.fieldKind === "message")
      put(nested, field.message, rest.join("."), value);
    else nested[rest.join(".")] = single(field, value);
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldValue(field: DescField, value: string | readonly string[]): JsonValue {
  if (field.fieldKind !== "list") return single(field, value);
  const values = typeof value === "string" ? [value] : value;
  return values.map((each) => single(field, each));
}

const plainNumber = /^-?[0-9]{1,10}$/;

/** A text as the field's type; one that is no such thing stays a text, and the decoder then refuses it. */
function single(field: DescField, value: string | readonly string[]): JsonValue {
  if (typeof value !== "string") return value as JsonValue;
  switch (field.scalar) {
    case ScalarType.BOOL:
      return value === "true" ? true : value === "false" ? false : value;
    case ScalarType.UINT32:
    case ScalarType.INT32:
      return plainNumber.test(value) ? Number(value) : value;
    default:
      return value;
  }
}

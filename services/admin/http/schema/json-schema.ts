import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { boundsOf, isRequired, rulesOf } from "./field-bounds.ts";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How schemas are made. */
export interface SchemaOptions {
  /** The reference to the schema of a message. */
  readonly refer: (message: DescMessage) => string;
  /**
   * Whether bounds of values are stated: for readers. The validator of requests leaves them to the contract's own
   * check, so that a fault is told once and in the same words through every door.
   */
  readonly bounds: boolean;
  /** What fields and messages are, in words; for readers. */
  readonly describe?: {
    readonly field: (field: DescField) => string;
    readonly message: (message: DescMessage) => string;
  };
}

/** Messages that have a JSON form of their own. */
const ownForms: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", format: "duration-seconds" },
};

/** The schema of a message in the standard JSON mapping of Protocol Buffers. */
export function messageSchema(message: DescMessage, options: SchemaOptions): JsonSchema {
  const properties = Object.fromEntries(
    message.fields.map((field) => [field.jsonName, fieldSchema(field, options)]),
  );
  const required = message.fields.filter(isRequired).map(({ jsonName }) => jsonName);
  return {
    type: "object",
    ...(options.describe === undefined ? {} : { description: options.describe.message(message) }),
    additionalProperties: false,
    properties,
    ...(options.bounds && required.length > 0 ? { required } : {}),
  };
}

/** Whether a message has a schema of its own to refer to. */
export function hasOwnSchema(message: DescMessage): boolean {
  return !(message.typeName in ownForms);
}

/** All messages that a message contains, itself first, each once. */
export function messagesWithin(message: DescMessage, found = new Set<DescMessage>()): Set<DescMessage> {
  if (found.has(message) || !hasOwnSchema(message)) return found;
  found.add(message);
  for (const { message: inner } of message.fields) if (inner !== undefined) messagesWithin(inner, found);
  return found;
}

/** The schema of one field. */
export function fieldSchema(field: DescField, options: SchemaOptions): JsonSchema {
  const schema = undescribedSchema(field, options);
  if (options.describe === undefined) return schema;
  // What a keyword cannot say of the bounds stands in words already.
  const words = [options.describe.field(field), schema.description].filter((text) => text !== undefined);
  return { ...schema, description: words.join(" Must be ") };
}

function undescribedSchema(field: DescField, options: SchemaOptions): JsonSchema {
  const rules = options.bounds ? rulesOf(field) : undefined;
  const bounds = rules === undefined ? {} : boundsOf(rules);
  switch (field.fieldKind) {
    case "list": {
      const items = rules?.type.case === "repeated" ? rules.type.value.items : undefined;
      return {
        type: "array",
        ...bounds,
        items: { ...valueSchema(field, options), ...(items && boundsOf(items)) },
      };
    }
    case "map": {
      const values = rules?.type.case === "map" ? rules.type.value.values : undefined;
      const value = { ...valueSchema(field, options), ...(values && boundsOf(values)) };
      return { type: "object", ...bounds, additionalProperties: value };
    }
    default:
      return { ...valueSchema(field, options), ...bounds };
  }
}

function valueSchema(field: DescField, { refer }: SchemaOptions): JsonSchema {
  if (field.enum !== undefined) return enumSchema(field.enum);
  if (field.message !== undefined) return ownForms[field.message.typeName] ?? { $ref: refer(field.message) };
  return scalarSchemas[field.scalar as ScalarType] ?? {};
}

function enumSchema({ values }: DescEnum): JsonSchema {
  return { type: "string", enum: values.map(({ name }) => name) };
}

const wholeNumber = { type: "integer" } as const;
/** Beyond 2^53 a JSON number loses digits: answers have text, and so must requests. */
const longNumber = {
  type: ["string", "integer"],
  format: "int64",
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
} as const;

const scalarSchemas: Readonly<Partial<Record<ScalarType, JsonSchema>>> = {
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.BYTES]: { type: "string", format: "byte" },
  [ScalarType.UINT32]: { ...wholeNumber, minimum: 0, maximum: 4_294_967_295 },
  [ScalarType.INT32]: { ...wholeNumber, minimum: -2_147_483_648, maximum: 2_147_483_647 },
  [ScalarType.SINT32]: { ...wholeNumber, minimum: -2_147_483_648, maximum: 2_147_483_647 },
  [ScalarType.UINT64]: { ...longNumber, format: "uint64", minimum: 0 },
  [ScalarType.INT64]: longNumber,
  [ScalarType.DOUBLE]: { type: "number" },
};

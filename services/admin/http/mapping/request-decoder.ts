import { type DescMessage, fromJson, type JsonObject, type Message } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { CommonError } from "#platform/errors/common-error.ts";
import type { FieldViolation } from "#platform/errors/service-error.ts";
import { messageSchema, messagesWithin } from "../schema/json-schema.ts";

/** Reads a request from JSON; throws REQUEST_INVALID that names every field at fault, with its path. */
export type RequestDecoder = (json: JsonObject) => Message;

/** How many faults are told at once. */
const shownViolations = 20;

/** Makes decoders; what several requests have in common is compiled once. */
export function createRequestDecoders(): (schema: DescMessage) => RequestDecoder {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  ajv.addFormat(
    "date-time",
    readableAs((text) => fromJson(TimestampSchema, text)),
  );
  ajv.addFormat(
    "duration-seconds",
    readableAs((text) => fromJson(DurationSchema, text)),
  );
  ajv.addFormat("byte", /^[A-Za-z0-9+/_-]*={0,2}$/);
  ajv.addFormat("uint64", { validate: (text: string) => isWithin(text, 0n, 2n ** 64n - 1n) });
  ajv.addFormat("int64", { validate: (text: string) => isWithin(text, -(2n ** 63n), 2n ** 63n - 1n) });
  const refer = ({ typeName }: DescMessage) => typeName;
  const known = new Set<DescMessage>();
  return (schema) => {
    for (const message of messagesWithin(schema)) {
      if (known.has(message)) continue;
      known.add(message);
      ajv.addSchema(messageSchema(message, { refer, bounds: false }), message.typeName);
    }
    return (json) => {
      const isValid = ajv.validate(schema.typeName, json);
      if (!isValid) throw invalid((ajv.errors ?? []).map(toViolation));
      return read(schema, json);
    };
  };
}

/** The shape is right by now; what is left is a choice made twice and the like. */
function read(schema: DescMessage, json: JsonObject): Message {
  try {
    return fromJson(schema, json, { ignoreUnknownFields: false });
  } catch (error) {
    const cause = (error as Error).cause as { field?: () => { name: string } } | undefined;
    const field = cause?.field?.().name ?? "request";
    throw invalid([{ field, description: (cause as Error | undefined)?.message ?? "is not readable" }]);
  }
}

function invalid(violations: readonly FieldViolation[]): CommonError {
  const fields = violations.slice(0, shownViolations);
  const first = fields[0] ?? { field: "request", description: "is not readable" };
  return new CommonError("REQUEST_INVALID", `${first.field}: ${first.description}`, { fields });
}

const types: Readonly<Record<string, string>> = {
  string: "must be text in quotes",
  boolean: "must be true or false",
  integer: "must be a whole number",
  number: "must be a number",
  object: "must be an object",
  array: "must be a list",
  "string,integer": "must be a whole number, in quotes if it is large",
};

const formats: Readonly<Record<string, string>> = {
  "date-time": 'must be a time such as "2026-01-31T12:00:00Z"',
  "duration-seconds": 'must be a duration in seconds such as "3600s"',
  byte: "must be Base64",
  uint64: "must be a whole number from 0 to 18446744073709551615",
  int64: "must be a whole number of at most 64 bits",
};

function toViolation({ keyword, instancePath, params }: ErrorObject): FieldViolation {
  const field = fieldPath(instancePath);
  switch (keyword) {
    case "additionalProperties":
      return {
        field: join(field, String(params.additionalProperty)),
        description: "is not a field of this request",
      };
    case "type":
      return {
        field: field || "request",
        description: types[String(params.type)] ?? `must be ${params.type}`,
      };
    case "enum":
      return { field, description: `must be one of ${(params.allowedValues as string[]).join(", ")}` };
    case "format":
      return { field, description: formats[String(params.format)] ?? "has another form" };
    default:
      return {
        field: field || "request",
        description: `must be a whole number ${params.comparison} ${params.limit}`,
      };
  }
}

/** `/amount/currencyCode` → `amount.currencyCode`, `/lines/3/amount` → `lines[3].amount`. */
function fieldPath(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce(join, "");
}

function join(path: string, part: string): string {
  if (/^\d+$/.test(part) && path !== "") return `${path}[${part}]`;
  return path === "" ? part : `${path}.${part}`;
}

function readableAs(read: (text: string) => unknown) {
  return {
    validate: (text: string) => {
      try {
        read(text);
        return true;
      } catch {
        return false;
      }
    },
  };
}

function isWithin(text: string, least: bigint, most: bigint): boolean {
  if (!/^-?\d{1,20}$/.test(text)) return false;
  const value = BigInt(text);
  return value >= least && value <= most;
}

import {
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { Decimal } from "#money/decimal.ts";
import { fingerprintOf, type Idempotency } from "../domain/idempotency.ts";

/** JSON names of fields that hold decimals, as a single text or by meter. */
const decimalFields = new Set(["amount", "priorBilled", "quantities", "priorQuantities"]);

/**
 * Identifies a request for repeats: the method, the caller's key, and a digest of the request as sent, with
 * decimals normalised ("1.50" is "1.5") and names sorted, so that only what matters makes a difference.
 */
export function idempotencyOf<D extends DescMessage>(
  schema: D,
  request: MessageShape<D> & { idempotencyKey: string },
  method: string,
): Idempotency {
  const { idempotencyKey: _, ...content } = toJson(schema, request) as JsonObject;
  return {
    method,
    key: request.idempotencyKey,
    fingerprint: fingerprintOf(JSON.stringify(canonical(content, false))),
  };
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

/** A field named like a decimal may be a message with a currency code inside; that stays as it is. */
function canonicalDecimal(text: string): string {
  return /^-?[0-9]/.test(text) ? Decimal.parse(text).toString() : text;
}

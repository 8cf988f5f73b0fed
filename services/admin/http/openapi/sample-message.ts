import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";

/** Values for readers, by the JSON name of the field. */
const samples: Readonly<Record<string, JsonValue>> = {
  accountId: "acme",
  currencyCode: "USD",
  baseCurrency: "EUR",
  quoteCurrency: "USD",
  fromCurrency: "EUR",
  toCurrency: "USD",
  amount: "12.50",
  rate: "1.0842",
  priceId: "openai/gpt-4o",
  priceBook: "gold",
  transactionId: "tx_1",
  reservationId: "rs_1",
  paymentId: "pay_1",
  requestId: "9b2f0c1e-7a55-4f0d-8f0e-2f1f6f1c7d11",
  reason: "Asked for in ticket 1042",
  nextPageToken: "",
  error: "",
  lastError: "",
  softwareVersion: "0.1.0",
};

/** How deep a sample goes; what lies below is empty. */
const maxDepth = 4;

/** An answer as it could be, made from the message alone. */
export function sampleMessage(message: DescMessage, depth = 0): JsonObject {
  if (depth >= maxDepth) return {};
  const seen = new Set<string>();
  const json: JsonObject = {};
  for (const field of message.fields) {
    // Of a choice, the first.
    if (field.oneof !== undefined && seen.has(field.oneof.name)) continue;
    if (field.oneof !== undefined) seen.add(field.oneof.name);
    json[field.jsonName] = sampleField(field, depth);
  }
  return json;
}

function sampleField(field: DescField, depth: number): JsonValue {
  if (field.fieldKind === "list") return depth + 1 >= maxDepth ? [] : [sampleValue(field, depth)];
  if (field.fieldKind === "map") return { tier: field.message ? sampleValue(field, depth) : "gold" };
  return sampleValue(field, depth);
}

function sampleValue(field: DescField, depth: number): JsonValue {
  if (field.enum !== undefined) return (field.enum.values[1] ?? field.enum.values[0])?.name ?? "";
  if (field.message !== undefined) {
    switch (field.message.typeName) {
      case "google.protobuf.Timestamp":
        return "2026-01-31T12:00:00Z";
      case "google.protobuf.Duration":
        return "3600s";
      default:
        return sampleMessage(field.message, depth + 1);
    }
  }
  return samples[field.jsonName] ?? scalarSample(field);
}

function scalarSample({ scalar, jsonName }: DescField): JsonValue {
  switch (scalar) {
    case ScalarType.STRING:
      return /(amount|total|posted|available|spent|funded|expired|reserved)$/i.test(jsonName) ? "12.50" : "…";
    case ScalarType.BOOL:
      return false;
    case ScalarType.BYTES:
      return "";
    case ScalarType.UINT64:
    case ScalarType.INT64:
      return "1";
    default:
      return 1;
  }
}

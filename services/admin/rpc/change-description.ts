import { type DescMethod, fromJson, type JsonObject, type JsonValue, type Message } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";

/** Fields that name what a method of another service changes, the deciding one first, and its kind. */
const targetFields: ReadonlyArray<readonly [field: string, targetType: string]> = [
  ["reservation_id", "reservation"],
  ["transaction_id", "transaction"],
  ["account_id", "account"],
  ["price_book", "price_book"],
  ["price_id", "price"],
  ["source_id", "price_source"],
  ["import_id", "price_import"],
  ["held_rate_id", "held_rate"],
  ["provider_id", "rate_provider"],
  ["base_currency", "rate"],
  ["currency_code", "currency"],
  ["rule_id", "alert_rule"],
  ["alert_id", "alert"],
  ["silence_id", "silence"],
  ["inhibition_id", "inhibition"],
  ["channel_id", "channel"],
  ["delivery_id", "delivery"],
];

/** A field of a change's request, and its name in the request that reads if it is another. */
type NamingField = string | readonly [changing: string, reading: string];

/** The method of the same service that reads a target before it is changed, and the fields that name it there. */
const readers: Readonly<Record<string, readonly [method: string, ...fields: NamingField[]]>> = {
  reservation: ["getReservation", "reservation_id"],
  transaction: ["getTransaction", "transaction_id"],
  account: ["getAccount", "account_id"],
  price_book: ["getPriceBook", "price_book"],
  price: ["getPrice", "price_id"],
  price_source: ["getPriceSource", "source_id"],
  price_import: ["getImport", "import_id"],
  rate_provider: ["getProvider", "provider_id"],
  rate: ["getRate", ["base_currency", "from_currency"], ["quote_currency", "to_currency"]],
  currency: ["getCurrency", "currency_code"],
  alert_rule: ["getAlertRule", "rule_id"],
  alert: ["getAlert", "alert_id"],
};

/** Money moves an account's balance and leaves its settings. */
const balanceReader = ["getBalance", "account_id"] as const;
const movesMoney = /^core\.(fund|charge)$/;

const reasonFields = ["reason", "comment", "note", "description"] as const;

/** Methods that change nothing, or only what they measure, and have no mark that says so. */
const unaudited: ReadonlySet<string> = new Set(["PreviewImport", "RecordMetrics", "VerifyLedger"]);

/** What a change concerns, as its request says. */
export interface ChangeDescription {
  readonly targetType: string;
  readonly targetId: string;
  readonly accountId: string;
  readonly reason: string;
}

/** Whether a method changes something that operators answer for. */
export function isChange(method: DescMethod): boolean {
  return (
    method.methodKind === "unary" &&
    method.idempotency !== IdempotencyLevel.NO_SIDE_EFFECTS &&
    !unaudited.has(method.name)
  );
}

/** Reads what a change concerns from its request, in JSON with the proto's field names. */
export function describeChange(request: JsonObject): ChangeDescription {
  const [field = "", targetType = ""] = targetFields.find(([name]) => textOf(request[name]) !== "") ?? [];
  const quoteCurrency = textOf(request.quote_currency);
  return {
    targetType,
    targetId: textOf(request[field]) + (field === "base_currency" ? `/${quoteCurrency}` : ""),
    accountId: textOf(request.account_id),
    reason: reasonFields.map((name) => textOf(request[name])).find((text) => text !== "") ?? "",
  };
}

/** How to read the target before the change; undefined if nothing reads it. */
export function readingOf(
  method: DescMethod,
  scope: string,
  targetType: string,
  request: JsonObject,
): { readonly method: DescMethod; readonly request: Message } | undefined {
  const reader = targetType === "account" && movesMoney.test(scope) ? balanceReader : readers[targetType];
  if (reader === undefined) return undefined;
  const [name, ...fields] = reader;
  const reading = method.parent.methods.find(({ localName }) => localName === name);
  if (reading === undefined) return undefined;
  const named = Object.fromEntries(
    fields.map((field) => {
      const [changing, read] = typeof field === "string" ? [field, field] : field;
      return [read, request[changing] ?? ""];
    }),
  );
  return { method: reading, request: fromJson(reading.input, named) };
}

/** The account that an answer names, where the request named a resource of it. */
export function accountIn(answer: JsonObject): string {
  const parts = [answer, ...Object.values(answer)].filter(isObject);
  return parts.map((part) => textOf(part.account_id)).find((text) => text !== "") ?? "";
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

import {
  clone,
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";

const keyField = "idempotency_key";

/** A random key of 128 bits, as every service takes it. */
export function newIdempotencyKey(): string {
  // Unlike randomUUID it is there on pages without TLS as well.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The request as a message of its own, where every empty idempotency key, also of the lines of a batch, is
 * filled with a new one. Keys that are there are kept; the caller's object is not touched.
 */
export function withIdempotencyKeys(
  schema: DescMessage,
  request: MessageInitShape<DescMessage>,
  newKey: () => string = newIdempotencyKey,
): Message {
  const message = clone(schema, create(schema, request));
  fillKey(schema, message, newKey);
  for (const { list, lines } of batchesOf(schema)) {
    const batch = reflect(schema, message).get(list) as Iterable<{ message: Message }>;
    for (const line of batch) fillKey(lines, line.message, newKey);
  }
  return message;
}

/** Whether the request itself has an idempotency key. */
export function hasIdempotencyKey(schema: DescMessage): boolean {
  return keyOf(schema) !== undefined;
}

function fillKey(schema: DescMessage, message: Message, newKey: () => string): void {
  const field = keyOf(schema);
  if (field === undefined) return;
  const values = reflect(schema, message);
  if (values.get(field) === "") values.set(field, newKey());
}

function keyOf(schema: DescMessage): DescField | undefined {
  return schema.fields.find(({ name, fieldKind }) => name === keyField && fieldKind === "scalar");
}

function batchesOf(schema: DescMessage) {
  return schema.fields.flatMap((field) =>
    field.fieldKind === "list" && field.listKind === "message" && hasIdempotencyKey(field.message)
      ? [{ list: field, lines: field.message }]
      : [],
  );
}

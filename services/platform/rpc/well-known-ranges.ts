import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import type { FieldViolation } from "../errors/service-error.ts";

/** Years 1 to 9999, as google.protobuf.Timestamp says; beyond them a time has no JSON form. */
const timestampSeconds = { first: -62_135_596_800n, last: 253_402_300_799n };
/** About ±10,000 years, as google.protobuf.Duration says. */
const longestDurationSeconds = 315_576_000_000n;
const nanosPerSecond = 1_000_000_000;

/** What is wrong with a time or duration, by the name of its type; undefined if it is within its range. */
export const timeChecks: Readonly<Record<string, (value: never) => string | undefined>> = {
  "google.protobuf.Timestamp": ({ seconds, nanos }: Timestamp) =>
    seconds < timestampSeconds.first ||
    seconds > timestampSeconds.last ||
    nanos < 0 ||
    nanos >= nanosPerSecond
      ? "must be a time of the years 1 to 9999"
      : undefined,
  "google.protobuf.Duration": ({ seconds, nanos }: Duration) => {
    const tooLong = seconds > longestDurationSeconds || seconds < -longestDurationSeconds;
    const signsDiffer = (seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0);
    return tooLong || signsDiffer || Math.abs(nanos) >= nanosPerSecond ? "is no valid duration" : undefined;
  },
};

/** Fields that are or contain a time, so that other messages are not walked. */
const pathsByMessage = new Map<DescMessage, readonly DescField[]>();

/**
 * Times and durations outside what their types allow. The binary format lets them through, and then they
 * have no JSON form and no sensible meaning.
 */
export function timesOutOfRange(schema: DescMessage, message: Message, path = ""): FieldViolation[] {
  return fieldsWithTimes(schema).flatMap((field) => {
    const name = path === "" ? field.name : `${path}.${field.name}`;
    const value = readField(message, field);
    if (value === undefined) return [];
    if (field.fieldKind === "list")
      return (value as Message[]).flatMap((item, index) => check(field, item, `${name}[${index}]`));
    if (field.fieldKind === "map") {
      return Object.entries(value as Record<string, Message>).flatMap(([key, item]) =>
        check(field, item, `${name}[${JSON.stringify(key)}]`),
      );
    }
    return check(field, value as Message, name);
  });
}

function check(field: DescField, value: Message, path: string): FieldViolation[] {
  const type = field.message as DescMessage;
  const rule = timeChecks[type.typeName];
  if (rule === undefined) return timesOutOfRange(type, value, path);
  const description = rule(value as never);
  return description === undefined ? [] : [{ field: path, description }];
}

function fieldsWithTimes(schema: DescMessage): readonly DescField[] {
  const known = pathsByMessage.get(schema);
  if (known !== undefined) return known;
  // Set before descending, so that a message that contains itself ends.
  pathsByMessage.set(schema, []);
  const fields = schema.fields.filter(
    ({ message }) =>
      message !== undefined && (message.typeName in timeChecks || fieldsWithTimes(message).length > 0),
  );
  pathsByMessage.set(schema, fields);
  return fields;
}

function readField(message: Message, field: DescField): unknown {
  const values = message as unknown as Record<string, unknown>;
  if (field.oneof === undefined) return values[field.localName];
  const chosen = values[field.oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === field.localName ? chosen.value : undefined;
}

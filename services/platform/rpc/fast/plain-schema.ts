import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { Edition } from "@bufbuild/protobuf/wkt";

/** What compiled readers and writers know: the scalars, by the code of what stands where none was sent. */
const zeros: ReadonlyMap<ScalarType, string> = new Map([
  [ScalarType.STRING, '""'],
  [ScalarType.BOOL, "false"],
  [ScalarType.INT32, "0"],
  [ScalarType.SINT32, "0"],
  [ScalarType.UINT32, "0"],
  [ScalarType.INT64, "0n"],
  [ScalarType.UINT64, "0n"],
]);
/** Well-known types that are plain messages; the others have forms of their own. */
const plainWellKnown: ReadonlySet<string> = new Set([
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
]);
const varintType = 0;
/** Of texts, and of messages within messages. */
export const lengthType = 2;

/**
 * Whether a message of proto3 has nothing but fields that compiled readers and writers know; what its fields are made
 * of is not looked into. The others (lists of numbers, maps by numbers, floats, bytes) are the library's.
 */
export function isPlainSchema({ file, typeName, fields }: DescMessage): boolean {
  if (file.edition !== Edition.EDITION_PROTO3) return false;
  if (typeName.startsWith("google.protobuf.") && !plainWellKnown.has(typeName)) return false;
  return fields.every((field) => {
    if (field.fieldKind === "map" && field.mapKey !== ScalarType.STRING) return false;
    if (field.fieldKind === "list" && field.listKind !== "message" && field.packed) return false;
    return field.scalar === undefined || zeros.has(field.scalar);
  });
}

/** The code of a scalar's or an enum's zero. */
export function zeroOf({ scalar }: DescField): string {
  return scalar === undefined ? "0" : zeros.get(scalar)!;
}

/** The tag of a field, or under the number 2 of the value in an entry of a map. */
export function tagOf(field: DescField, number: number): number {
  const isLength = field.message !== undefined || field.scalar === ScalarType.STRING;
  return number * 8 + (isLength ? lengthType : varintType);
}

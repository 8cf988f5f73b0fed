import { type DescField, type DescMessage, getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import { Owner, owner as ownerOption } from "#gen/billing/options/v1/options_pb.ts";

/** One place in a request that names an account or a resource of one. */
export interface OwnerField {
  readonly kind: Owner;
  /** Fields from the request down to the marked one. */
  readonly path: readonly DescField[];
  /** The marked field. */
  readonly field: DescField;
}

/** All such places of a request. */
export type OwnerFields = readonly OwnerField[];

/** A value found at such a place. */
export interface OwnerValue {
  readonly ownerField: OwnerField;
  readonly value: string;
}

/**
 * Finds the fields marked `owner` in a message and in what it contains.
 *
 * @throws Error if a marked field holds no text, or lies in a message that contains itself: its depth has no
 *   bound, so no list of places could name it everywhere.
 */
export function findOwnerFields(message: DescMessage): OwnerFields {
  return collect(message, [], []);
}

function collect(
  message: DescMessage,
  above: readonly DescField[],
  around: readonly DescMessage[],
): OwnerField[] {
  const found: OwnerField[] = [];
  for (const field of message.fields) {
    const path = [...above, field];
    const kind = ownerKind(field);
    if (kind !== Owner.UNSPECIFIED) found.push({ kind, path, field });
    else if (field.message && !around.includes(field.message) && field.message !== message)
      found.push(...collect(field.message, path, [...around, message]));
    else if (field.message) refuseMarksIn(field.message);
  }
  return found;
}

/** The mark of a field. */
function ownerKind(field: DescField): Owner {
  const kind = hasOption(field, ownerOption) ? getOption(field, ownerOption) : Owner.UNSPECIFIED;
  if (kind !== Owner.UNSPECIFIED && field.scalar !== ScalarType.STRING)
    throw new Error(`${field} is marked as owner, but holds no text`);
  return kind;
}

/** Refuses a mark in a message that contains itself, however deep. */
function refuseMarksIn(message: DescMessage, visited = new Set<DescMessage>()): void {
  if (visited.has(message)) return;
  visited.add(message);
  for (const field of message.fields) {
    if (ownerKind(field) !== Owner.UNSPECIFIED)
      throw new Error(`${field} is marked as owner, but lies in a message that contains itself`);
    if (field.message) refuseMarksIn(field.message, visited);
  }
}

/** The values that a request has at these places; empty ones are left out. */
export function readOwnerValues(fields: OwnerFields, request: object): OwnerValue[] {
  return fields.flatMap((ownerField) =>
    valuesAt(request, ownerField.path)
      .filter((value) => value !== "")
      .map((value) => ({ ownerField, value })),
  );
}

function valuesAt(at: unknown, [field, ...rest]: readonly DescField[]): string[] {
  if (field === undefined) return typeof at === "string" ? [at] : [];
  if (at === undefined || at === null) return [];
  const next = fieldValue(at as Record<string, unknown>, field);
  const items =
    field.fieldKind === "list"
      ? (next as unknown[])
      : field.fieldKind === "map"
        ? Object.values(next as object)
        : [next];
  return items.flatMap((item) => valuesAt(item, rest));
}

function fieldValue(message: Record<string, unknown>, field: DescField): unknown {
  if (field.oneof === undefined) return message[field.localName];
  const chosen = message[field.oneof.localName] as { case?: string; value?: unknown } | undefined;
  return chosen?.case === field.localName ? chosen.value : undefined;
}

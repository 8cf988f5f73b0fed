import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { type Path, pathToString, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";

const validator = createValidator();

/** Texts of which each pattern of the contract permits one. */
const texts = ["a", "AB", "1", "0.5", "a/b", "core.read", "evt_1", "https://example.com/"];
const mostSteps = 50;

/**
 * A request that satisfies all constraints of its message and sets little else: starting empty, each field
 * that the validator complains of gets a value.
 *
 * @throws Error that names the field for which no value was found.
 */
export function smallestRequest(schema: DescMessage): Message {
  const request = create(schema);
  const faults = () => faultyPaths(schema, request);
  for (let step = 0; step < mostSteps; step++) {
    const [fault] = faults();
    if (fault === undefined) return request;
    repair(reflect(schema, request), fault, faults);
  }
  throw new Error(`no valid ${schema.typeName} within ${mostSteps} steps`);
}

function faultyPaths(schema: DescMessage, request: Message): Path[] {
  const result = validator.validate(schema, request);
  if (result.kind === "error") throw result.error;
  return (result.violations ?? []).map(({ field }) => field);
}

/** Goes to the message that has the fault and tries values for the field until the fault is gone. */
function repair(request: ReflectMessage, fault: Path, faults: () => Path[]): void {
  const { holder, field } = locate(request, fault);
  const name = pathToString(fault);
  for (const value of valuesFor(field)) {
    put(holder, field, value);
    if (!faults().some((path) => pathToString(path) === name)) return;
  }
  throw new Error(`${request.desc.typeName}: no value for ${name}`);
}

function locate(request: ReflectMessage, fault: Path): { holder: ReflectMessage; field: DescField } {
  let holder = request;
  for (const [index, part] of fault.entries()) {
    const next = fault[index + 1];
    if (part.kind === "oneof") return { holder, field: part.fields[0]! };
    if (part.kind !== "field") continue;
    if (next === undefined || part.fieldKind === "map" || part.fieldKind === "scalar")
      return { holder, field: part };
    if (part.fieldKind === "message") holder = holder.get(part);
    else if (part.fieldKind === "list" && next.kind === "list_sub" && part.listKind === "message")
      holder = holder.get(part).get(next.index) as ReflectMessage;
    else return { holder, field: part };
  }
  throw new Error(`${request.desc.typeName}: ${pathToString(fault)} names no field`);
}

function put(holder: ReflectMessage, field: DescField, value: unknown): void {
  holder.clear(field);
  if (field.fieldKind === "list") holder.get(field).add(value);
  else if (field.fieldKind === "map") holder.get(field).set("a", value);
  else holder.set(field, value as never);
}

/** Values of the field's type, or of its elements' type. */
function valuesFor(field: DescField): unknown[] {
  if (field.enum !== undefined) return field.enum.values.slice(1).map(({ number }) => number);
  if (field.message !== undefined) return [reflect(field.message), ...durations(field.message)];
  switch (field.scalar) {
    case ScalarType.STRING:
      return texts;
    case ScalarType.BOOL:
      return [true];
    case ScalarType.BYTES:
      return [new Uint8Array([1])];
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return [1n];
    default:
      return [1];
  }
}

/** A message with seconds in it may have to be longer than nothing. */
function durations(schema: DescMessage): ReflectMessage[] {
  const { seconds } = schema.field;
  if (seconds === undefined) return [];
  return [1n, 60n, 3_600n].map((value) => {
    const duration = reflect(schema);
    duration.set(seconds, value);
    return duration;
  });
}

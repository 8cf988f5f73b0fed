import {
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  isFieldSet,
  type Message,
} from "@bufbuild/protobuf";
import { type Duration, FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import {
  type FieldRules,
  FieldRulesSchema,
  field as fieldOption,
  message as messageOption,
  oneof as oneofOption,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { timeChecks } from "./well-known-ranges.ts";

/** True if a message keeps all its constraints; false if it may not, and the validator has to look. */
export type QuickCheck = (message: Message) => boolean;

/** A constraint that is left to the validator. */
class UnknownRule extends Error {}

/**
 * Compiles the constraints of a message and of those within it to straight-line code, for the good requests that
 * nearly all are: the validator walks a tree of objects, at several times the cost. Undefined if the message has a
 * constraint that this does not know.
 */
export function compileQuickCheck(schema: DescMessage): QuickCheck | undefined {
  const code = new CheckCode();
  try {
    const name = code.functionOf(schema);
    return code.compile(name);
  } catch (error) {
    if (error instanceof UnknownRule) return undefined;
    throw error;
  }
}

/** Constraints of a value by the kind of rules; each gives conditions on a variable that holds the value. */
type Conditions = (rules: never, value: string, code: CheckCode) => string[];

/** The rules of one kind that are known, by name; each other one makes the message unknown. */
const known: Readonly<
  Record<string, { readonly names: readonly string[]; readonly conditions: Conditions }>
> = {
  string: {
    names: ["pattern", "min_len", "max_len"],
    conditions: ({ pattern, minLen, maxLen }: StringBounds, value, code) => [
      ...(minLen > 0n ? [`[...${value}].length >= ${minLen}`] : []),
      // In code points, of which a text has at most as many as units.
      ...(maxLen > 0n ? [`${value}.length <= ${maxLen}`] : []),
      ...(pattern === "" ? [] : [`${code.constant(new RegExp(pattern, "u"))}.test(${value})`]),
    ],
  },
  bytes: {
    names: ["max_len"],
    conditions: ({ maxLen }: StringBounds, value) => [`${value}.length <= ${maxLen}`],
  },
  enum: { names: ["defined_only"], conditions: () => [] },
  duration: { names: ["lt", "lte", "gt", "gte"], conditions: durationBounds },
  ...Object.fromEntries(
    ["uint32", "sint32", "int32", "uint64", "int64"].map((kind) => [
      kind,
      { names: ["lt", "lte", "gt", "gte"], conditions: numberBounds },
    ]),
  ),
  repeated: {
    names: ["min_items", "max_items", "unique", "items"],
    conditions: ({ minItems, maxItems, unique }: ItemBounds, value) => [
      `${value}.length >= ${minItems}`,
      ...(maxItems > 0n ? [`${value}.length <= ${maxItems}`] : []),
      ...(unique ? [`new Set(${value}).size === ${value}.length`] : []),
    ],
  },
  map: {
    names: ["max_pairs", "keys", "values"],
    conditions: ({ maxPairs }: PairBounds, value) => (maxPairs > 0n ? [`${value} <= ${maxPairs}`] : []),
  },
};

interface StringBounds {
  readonly pattern: string;
  readonly minLen: bigint;
  readonly maxLen: bigint;
}

interface ItemBounds {
  readonly minItems: bigint;
  readonly maxItems: bigint;
  /** Of texts and numbers only. */
  readonly unique: boolean;
}

interface PairBounds {
  readonly maxPairs: bigint;
}

/** Bounds as the rules of numbers and durations have them. */
interface Bounds<T> {
  readonly lessThan: { readonly case: "lt" | "lte"; readonly value: T } | { readonly case: undefined };
  readonly greaterThan: { readonly case: "gt" | "gte"; readonly value: T } | { readonly case: undefined };
}

const operators = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

function numberBounds({ lessThan, greaterThan }: Bounds<number | bigint>, value: string): string[] {
  // A lower bound above the upper one excludes what lies between.
  if (lessThan.case && greaterThan.case && greaterThan.value > lessThan.value) throw new UnknownRule();
  return [lessThan, greaterThan].flatMap((bound) => {
    if (bound.case === undefined) return [];
    const limit = typeof bound.value === "bigint" ? `${bound.value}n` : String(bound.value);
    return [`${value} ${operators[bound.case]} ${limit}`];
  });
}

function durationBounds({ lessThan, greaterThan }: Bounds<Duration>, value: string): string[] {
  return [lessThan, greaterThan].flatMap((bound) => {
    if (bound.case === undefined) return [];
    const { seconds, nanos } = bound.value;
    const operator = operators[bound.case];
    const strict = operator[0];
    return [
      `(${value}.seconds ${strict} ${seconds}n || (${value}.seconds === ${seconds}n && ${value}.nanos ${operator} ${nanos}))`,
    ];
  });
}

/** The functions of a check, one for each type of message, with what they refer to. */
class CheckCode {
  readonly #functions = new Map<DescMessage, string>();
  readonly #sources: string[] = [];
  readonly #constants: unknown[] = [];

  /** A name under which a value is known to the functions. */
  constant(value: unknown): string {
    return `c${this.#constants.push(value) - 1}`;
  }

  compile(name: string): QuickCheck {
    const names = this.#constants.map((_, index) => `c${index}`);
    const source = `"use strict";\n${this.#sources.join("\n")}\nreturn ${name};`;
    // Made of the contract's own names and bounds, nothing that comes with a request.
    return new Function(...names, source)(...this.#constants) as QuickCheck;
  }

  /** The name of the function that checks a type of message. */
  functionOf(schema: DescMessage): string {
    const before = this.#functions.get(schema);
    if (before !== undefined) return before;
    const name = `check${this.#functions.size}`;
    // Known before its fields, so that a message that contains itself ends.
    this.#functions.set(schema, name);
    if (hasOption(schema, messageOption)) throw new UnknownRule();
    const lines = [
      ...schema.oneofs
        .filter(isRequired)
        .map((oneof) => failUnless(`m.${oneof.localName}.case !== undefined`)),
      ...schema.fields.flatMap((each) => this.#checkField(each)),
    ];
    this.#sources.push(`function ${name}(m) {\nlet v, n;\n${lines.join("\n")}\nreturn true;\n}`);
    return name;
  }

  #checkField(each: DescField): string[] {
    const { localName, oneof } = each;
    const rules = hasOption(each, fieldOption) ? getOption(each, fieldOption) : undefined;
    const required = rules?.required ?? false;
    if (each.fieldKind === "list") return this.#checkList(each, rules, required);
    if (each.fieldKind === "map") return this.#checkMap(each, rules, required);
    const conditions = this.#conditionsOf(each, rules);
    if (oneof !== undefined) {
      if (required) throw new UnknownRule();
      if (conditions.length === 0) return [];
      const isChosen = `m.${oneof.localName}.case === ${JSON.stringify(localName)}`;
      return [`if (${isChosen}) { v = m.${oneof.localName}.value; ${failUnless(...conditions)} }`];
    }
    const isImplicit = each.presence === Presence.IMPLICIT;
    if (required && isImplicit) throw new UnknownRule();
    const isUnset = isImplicit || required ? "" : "v === undefined || ";
    if (required) conditions.unshift("v !== undefined");
    if (conditions.length === 0) return [];
    return [`v = m.${localName}; if (!(${isUnset}(${conditions.join(" && ")}))) return false;`];
  }

  #checkList(each: DescField & { fieldKind: "list" }, rules: FieldRules | undefined, required: boolean) {
    const bounds = rulesOf(rules, "repeated", "v", this);
    const items = rules?.type.case === "repeated" ? rules.type.value.items : undefined;
    const conditions = this.#conditionsOf(each, items, "e");
    if (required) bounds.push("v.length > 0");
    const everyItem = conditions.length > 0 ? `for (const e of v) { ${failUnless(...conditions)} }` : "";
    return [`v = m.${each.localName};`, failUnless(...bounds), everyItem];
  }

  #checkMap(each: DescField & { fieldKind: "map" }, rules: FieldRules | undefined, required: boolean) {
    const bounds = rulesOf(rules, "map", "n", this);
    const { keys, values } =
      rules?.type.case === "map" ? rules.type.value : { keys: undefined, values: undefined };
    const conditions = [...rulesOf(keys, "string", "k", this), ...this.#conditionsOf(each, values, "e")];
    if (required) bounds.push("n > 0");
    const entries = `v = m.${each.localName}; n = 0; for (const k in v) { n++; const e = v[k]; `;
    return [`${entries}${failUnless(...conditions)} }`, failUnless(...bounds)];
  }

  /** Conditions on a single value, in the variable of that name. */
  #conditionsOf({ message, enum: values }: DescField, rules: FieldRules | undefined, value = "v"): string[] {
    if (message !== undefined) {
      const time = timeChecks[message.typeName];
      if (time !== undefined)
        return [`${this.constant(time)}(${value}) === undefined`, ...rulesOf(rules, "duration", value, this)];
      if (message.typeName.startsWith("google.protobuf.")) throw new UnknownRule();
      return [...rulesOf(rules, undefined, value, this), `${this.functionOf(message)}(${value})`];
    }
    if (values === undefined) return rulesOf(rules, rules?.type.case, value, this);
    const conditions = rulesOf(rules, "enum", value, this);
    if (rules?.type.case === "enum" && rules.type.value.definedOnly)
      conditions.push(`${this.constant(new Set(values.values.map(({ number }) => number)))}.has(${value})`);
    return conditions;
  }
}

function isRequired(oneof: DescOneof): boolean {
  return hasOption(oneof, oneofOption) && getOption(oneof, oneofOption).required;
}

/** Conditions from the rules of a value, which must be of one kind; all that is set among them must be known. */
function rulesOf(
  rules: FieldRules | undefined,
  kind: FieldRules["type"]["case"],
  value: string,
  code: CheckCode,
): string[] {
  if (rules === undefined) return [];
  const { type } = rules;
  const outside = FieldRulesSchema.fields.filter((each) => isFieldSet(rules, each));
  if (outside.some(({ localName }) => localName !== "required" && localName !== type.case))
    throw new UnknownRule();
  if (type.case === undefined) return [];
  const { names, conditions } = known[type.case] ?? { names: [], conditions: () => [] };
  const schema = FieldRulesSchema.field[type.case].message as DescMessage;
  const isKnown = schema.fields.every((each) => !isFieldSet(type.value, each) || names.includes(each.name));
  if (type.case !== kind || !isKnown || type.value.$unknown !== undefined) throw new UnknownRule();
  return conditions(type.value as never, value, code);
}

function failUnless(...conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `if (!(${conditions.join(" && ")})) return false;`;
}

import { readFileSync } from "node:fs";
import type { Static, TObject, TSchema } from "typebox";
import { Value } from "typebox/value";

/** Environment to read, usually `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All faults of a configuration at once, in words. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    );
    this.faults = faults;
  }
}

/** Marks a setting as secret: it may also come from a file (`NAME_FILE`) and its value is never shown. */
export const secret = { secret: true } as const;

const wellKnownSecrets = /^(.)\1*$|change-?me|password|secret-?key|0123456789|example|your-/i;
/** A secret that must be at least this long is a made-up key; others are addresses or documents. */
const shortestKey = 16;

/**
 * Reads the settings that a schema names from the environment. Each property is an environment variable;
 * whole numbers (plain digits) and booleans (true, false, 1, 0) are converted, defaults filled in. An empty
 * variable counts as absent, except for a secret, where it is a fault.
 *
 * @throws ConfigError naming every fault, without the value of a secret.
 */
export function loadConfig<S extends TObject>(schema: S, environment: Environment): Static<S> {
  const faults: string[] = [];
  const given: Record<string, string> = {};
  const converted: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const value = readVariable(name, isSecret(property), environment, faults);
    if (value !== undefined) given[name] = value;
    const chosen = value === undefined ? defaultOf(property) : convert(property, value);
    if (chosen !== undefined) converted[name] = chosen;
  }
  for (const [name, property] of Object.entries(schema.properties)) {
    if (!faults.some((fault) => fault.startsWith(`${name}:`)))
      faults.push(...faultsOf(schema, name, property, converted[name], given[name]));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return converted as Static<S>;
}

function readVariable(
  name: string,
  secret: boolean,
  environment: Environment,
  faults: string[],
): string | undefined {
  const direct = environment[name];
  if (!secret) return direct === "" ? undefined : direct;
  const file = environment[`${name}_FILE`];
  if (direct !== undefined && file !== undefined) {
    faults.push(`${name}: both ${name} and ${name}_FILE are set; set one`);
    return undefined;
  }
  if (file === undefined) return direct;
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    faults.push(
      `${name}: ${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
    );
    return undefined;
  }
}

function faultsOf(
  schema: TObject,
  name: string,
  property: TSchema,
  value: unknown,
  text: string | undefined,
): string[] {
  const required = (schema.required ?? []).includes(name);
  if (value === undefined)
    return required
      ? [`${name}: is required${isSecret(property) ? ` (or ${name}_FILE)` : ""}; ${descriptionOf(property)}`]
      : [];
  if (isSecret(property) && text === "") return [`${name}: is set but empty`];
  const [first] = Value.Errors(property, value);
  const shown = isSecret(property) ? "" : `, but is ${JSON.stringify(text ?? value)}`;
  if (first !== undefined) return [`${name}: ${choicesOf(property) ?? first.message}${shown}`];
  if (isKey(property) && text !== undefined && wellKnownSecrets.test(text))
    return [`${name}: is a well-known or trivial value; make a random one`];
  return [];
}

const wholeNumber = /^-?[0-9]{1,15}$/;
const booleans: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

/** The text as the schema's type; a text that is no such thing stays, and the schema then refuses it. */
function convert(property: TSchema, text: string): unknown {
  switch ((property as { type?: string }).type) {
    case "integer":
      return wholeNumber.test(text) ? Number(text) : text;
    case "boolean":
      return booleans[text.toLowerCase()] ?? text;
    default:
      return text;
  }
}

function defaultOf(property: TSchema): unknown {
  return (property as { default?: unknown }).default;
}

/** What a setting with a fixed set of values allows, in words. */
function choicesOf(property: TSchema): string | undefined {
  const choices = (property as { anyOf?: ReadonlyArray<{ const?: unknown }> }).anyOf;
  return choices && `must be one of ${choices.map((choice) => choice.const).join(", ")}`;
}

function isKey(property: TSchema): boolean {
  return isSecret(property) && ((property as { minLength?: number }).minLength ?? 0) >= shortestKey;
}

function isSecret(property: TSchema): boolean {
  return (property as { secret?: boolean }).secret === true;
}

function descriptionOf(property: TSchema): string {
  return (property as { description?: string }).description ?? "";
}

import type { DescMessage, Message } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { CommonError } from "../errors/common-error.ts";

/** Throws REQUEST_INVALID, naming every field that breaks its declared constraints. */
export type RequestValidator = (schema: DescMessage, request: Message) => void;

const shownViolations = 20;
const patterns = new Map<string, RegExp>();

/** Checks requests against the constraints in the protos. */
export function createRequestValidator(): RequestValidator {
  const validator = createValidator({ regexMatch: matchPattern });
  return (schema, request) => {
    const result = validator.validate(schema, request);
    if (result.kind === "valid") return;
    if (result.kind === "error") throw result.error;
    const fields = result.violations
      .slice(0, shownViolations)
      .map((violation) => ({ field: fieldPath(violation.field), description: violation.message }));
    const [first] = fields;
    throw new CommonError(
      "REQUEST_INVALID",
      first === undefined ? "the request is invalid" : `${first.field}: ${first.description}`,
      { fields },
    );
  };
}

/** The patterns come from our own protos and are linear, so the platform's engine is safe, and much faster. */
function matchPattern(pattern: string, against: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(pattern, "u");
    patterns.set(pattern, compiled);
  }
  return compiled.test(against);
}

type ViolationPath = ReadonlyArray<{ kind: string; name?: string; index?: number; key?: unknown }>;

/** The path as a caller writes it: `usage.quantities["input_tokens"]`, `charges[3].account_id`. */
function fieldPath(path: unknown): string {
  let text = "";
  for (const step of path as ViolationPath) {
    if (step.kind === "list_sub") text += `[${step.index}]`;
    else if (step.kind === "map_sub") text += `[${JSON.stringify(step.key)}]`;
    else text += `${text === "" ? "" : "."}${step.name ?? step.kind}`;
  }
  return text === "" ? "request" : text;
}

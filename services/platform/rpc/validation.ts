import type { DescMessage, Message } from "@bufbuild/protobuf";
import { createValidator, type Violation } from "@bufbuild/protovalidate";
import { CommonError } from "../errors/common-error.ts";
import type { FieldViolation } from "../errors/service-error.ts";
import { describePattern } from "./pattern-words.ts";
import { compileQuickCheck, type QuickCheck } from "./quick-check.ts";
import { timesOutOfRange } from "./well-known-ranges.ts";

/** Throws REQUEST_INVALID, naming every field that breaks its declared constraints. */
export type RequestValidator = (schema: DescMessage, request: Message) => void;

const shownViolations = 20;
const patterns = new Map<string, RegExp>();

/** Checks requests against the constraints in the protos. */
export function createRequestValidator(): RequestValidator {
  const validator = createValidator({ regexMatch: matchPattern });
  const quickChecks = new Map<DescMessage, QuickCheck | undefined>();
  const quickCheckOf = (schema: DescMessage): QuickCheck | undefined => {
    const before = quickChecks.get(schema);
    if (before !== undefined || quickChecks.has(schema)) return before;
    const check = compileQuickCheck(schema);
    quickChecks.set(schema, check);
    return check;
  };
  return (schema, request) => {
    if (quickCheckOf(schema)?.(request)) return;
    const result = validator.validate(schema, request);
    if (result.kind === "error") throw result.error;
    const violations = result.kind === "valid" ? [] : result.violations.map(toFieldViolation);
    const fields = [...violations, ...timesOutOfRange(schema, request)].slice(0, shownViolations);
    const [first] = fields;
    if (first === undefined) return;
    throw new CommonError("REQUEST_INVALID", `${first.field}: ${first.description}`, { fields });
  };
}

const patternMessage = /^does not match regex pattern `(.*)`$/s;

function toFieldViolation({ field, message }: Violation): FieldViolation {
  const pattern = patternMessage.exec(message)?.[1];
  return { field: fieldPath(field), description: pattern === undefined ? message : describePattern(pattern) };
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

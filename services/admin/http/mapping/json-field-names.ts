import type { DescMessage } from "@bufbuild/protobuf";
import type { Problem } from "../problem.ts";
import { idempotencyField, type Route } from "../routes/route.ts";

/**
 * The problem with its fields named as the caller wrote them: in JSON names instead of the contract's, and the
 * idempotency key by its header.
 */
export function inJsonNames(route: Route, problem: Problem): Problem {
  const [first] = problem.errors ?? [];
  if (problem.errors === undefined || first === undefined) return problem;
  const errors = problem.errors.map((error) => ({ ...error, field: nameOf(route, error.field) }));
  const detail = problem.detail.startsWith(`${first.field}:`)
    ? `${nameOf(route, first.field)}${problem.detail.slice(first.field.length)}`
    : problem.detail;
  return { ...problem, detail, errors };
}

function nameOf(route: Route, field: string): string {
  return field === idempotencyField(route)?.name ? "Idempotency-Key" : jsonPath(route.rpc.input, field);
}

/** `low_balance_thresholds[0].amount` → `lowBalanceThresholds[0].amount`; what names no field stays. */
function jsonPath(message: DescMessage, path: string): string {
  const [, name = "", index = "", rest = ""] = /^([A-Za-z0-9_]+)((?:\[[^\]]*\])*)(.*)$/s.exec(path) ?? [];
  const field = message.fields.find((each) => each.name === name);
  if (field === undefined) return path;
  const below = rest.startsWith(".") && field.message ? `.${jsonPath(field.message, rest.slice(1))}` : rest;
  return `${field.jsonName}${index}${below}`;
}

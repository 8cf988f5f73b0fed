import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { ErrorCatalogue, ErrorRule } from "./catalogue.ts";
import { CommonError } from "./common-error.ts";
import { ServiceError } from "./service-error.ts";

/** Domain of every ErrorInfo. */
export const errorDomain = "holdfast";

/** A fault in the terms of the wire, with what the log needs. */
export interface MappedError {
  readonly rule: ErrorRule;
  /** Safe for the caller. */
  readonly wire: ConnectError;
  /** What was thrown. */
  readonly thrown: unknown;
}

/**
 * Turns whatever a call threw into the one form that leaves the server.
 *
 * A {@link ServiceError} keeps reason, message and details. Anything else, also a reason that the catalogue
 * does not know, becomes INTERNAL without its text, so that nothing internal leaks.
 */
export function mapError(catalogue: ErrorCatalogue, thrown: unknown, requestId: string): MappedError {
  const error = thrown instanceof ServiceError ? thrown : internalError(thrown, requestId);
  const rule = catalogue.get(error.reason);
  if (rule === undefined) return mapError(catalogue, internalError(thrown, requestId), requestId);
  const details: ConnectError["details"] = [
    {
      desc: ErrorInfoSchema,
      value: {
        reason: error.reason,
        domain: errorDomain,
        metadata: { ...error.metadata, request_id: requestId },
      },
    },
  ];
  if (error.fields.length > 0) {
    details.push({
      desc: BadRequestSchema,
      value: { fieldViolations: error.fields.map((field) => ({ ...field })) },
    });
  }
  if (error.retryAfterMs !== undefined) {
    details.push({
      desc: RetryInfoSchema,
      value: create(RetryInfoSchema, { retryDelay: durationFromMs(error.retryAfterMs) }),
    });
  }
  const wire = new ConnectError(error.message, rule.code as Code, undefined, details as never, thrown);
  return { rule, wire, thrown };
}

function internalError(thrown: unknown, requestId: string): CommonError {
  return new CommonError("INTERNAL", `an internal fault; its log entry has the request id ${requestId}`, {
    cause: thrown,
  });
}

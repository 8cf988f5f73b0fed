import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { boundedText } from "./bounded-text.ts";
import type { ErrorCatalogue, ErrorRule } from "./catalogue.ts";
import { CommonError } from "./common-error.ts";
import { type FieldViolation, ServiceError } from "./service-error.ts";

/** Domain of every ErrorInfo. */
export const errorDomain = "holdfast";

/**
 * Bounds of what an error tells, in bytes. Over gRPC all of it travels in header fields, of which clients take 8 KB by
 * default, and a text of the caller's own may come back in it: with more, the connection would end instead.
 */
const bounds = { message: 600, field: 200, description: 300, allFields: 3_000, metadataValue: 300 } as const;

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
        metadata: { ...boundedValues(error.metadata), request_id: requestId },
      },
    },
  ];
  if (error.fields.length > 0) {
    details.push({
      desc: BadRequestSchema,
      value: { fieldViolations: boundedFields(error.fields) },
    });
  }
  if (error.retryAfterMs !== undefined) {
    details.push({
      desc: RetryInfoSchema,
      value: create(RetryInfoSchema, { retryDelay: durationFromMs(error.retryAfterMs) }),
    });
  }
  const message = boundedText(error.message, bounds.message);
  const wire = new ConnectError(message, rule.code as Code, undefined, details as never, thrown);
  return { rule, wire, thrown };
}

function boundedValues(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, boundedText(value, bounds.metadataValue)]),
  );
}

/** The first of the fields, as many as there is room for. */
function boundedFields(fields: readonly FieldViolation[]): FieldViolation[] {
  const shown: FieldViolation[] = [];
  let bytes = 0;
  for (const { field, description } of fields) {
    const violation = {
      field: boundedText(field, bounds.field),
      description: boundedText(description, bounds.description),
    };
    bytes += Buffer.byteLength(violation.field) + Buffer.byteLength(violation.description);
    if (bytes > bounds.allFields) break;
    shown.push(violation);
  }
  return shown;
}

function internalError(thrown: unknown, requestId: string): CommonError {
  return new CommonError("INTERNAL", `an internal fault; its log entry has the request id ${requestId}`, {
    cause: thrown,
  });
}

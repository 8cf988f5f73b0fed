import { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { ErrorCatalogue } from "#platform/errors/catalogue.ts";
import { mapError } from "#platform/errors/connect-error.ts";

/** An error over HTTP JSON (RFC 9457), with the same reason as over RPC. */
export interface Problem {
  /** A name of the kind of problem, not an address: `urn:holdfast:error:TOKEN_MISSING`. */
  readonly type: string;
  /** The kind of problem in words. */
  readonly title: string;
  readonly status: number;
  /** What is wrong this time. */
  readonly detail: string;
  readonly reason: string;
  readonly request_id: string;
  /** What the caller should do. */
  readonly advice: string;
  /** Facts for programs. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Fields at fault. */
  readonly errors?: ReadonlyArray<{ readonly field: string; readonly description: string }>;
  /** Earliest time at which trying again is sensible, in milliseconds from now. */
  readonly retry_after_ms?: number;
}

/**
 * The problem for whatever was thrown, by the pipeline or by the HTTP side itself. A status given here says
 * more precisely than the reason's own what is wrong, for example 405.
 */
export function toProblem(
  catalogue: ErrorCatalogue,
  thrown: unknown,
  requestId: string,
  status?: number,
): Problem {
  const wire = isWireForm(thrown) ? thrown : mapError(catalogue, thrown, requestId).wire;
  const [info] = wire.findDetails(ErrorInfoSchema);
  const reason = info?.reason ?? "INTERNAL";
  const rule = catalogue.get(reason);
  const { request_id: _, ...metadata } = info?.metadata ?? {};
  const errors = wire
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations)
    .map(({ field, description }) => ({ field, description }));
  const retryDelay = wire.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    type: `urn:holdfast:error:${reason}`,
    title: titleOf(reason),
    status: status ?? rule?.httpStatus ?? 500,
    detail: wire.rawMessage,
    reason,
    request_id: requestId,
    advice: rule?.advice ?? "",
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(retryDelay === undefined
      ? {}
      : { retry_after_ms: Number(retryDelay.seconds) * 1_000 + Math.ceil(retryDelay.nanos / 1_000_000) }),
  };
}

/** The pipeline throws errors that have their reason as a detail already. */
function isWireForm(thrown: unknown): thrown is ConnectError {
  return thrown instanceof ConnectError && thrown.findDetails(ErrorInfoSchema).length > 0;
}

/** "TOKEN_MISSING" → "Token missing". */
function titleOf(reason: string): string {
  const words = reason.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "#gen/google/rpc/error_details_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import { errorDomain } from "../errors/connect-error.ts";
import { ServiceError } from "../errors/service-error.ts";

/** What the library makes of a connection that was cut, besides UNAVAILABLE. */
const cutConnection: ReadonlySet<Code> = new Set([Code.Canceled, Code.Aborted, Code.Internal]);

/** How a peer says that it cannot serve. */
const noAnswer: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Canceled,
  Code.Unimplemented,
]);

/** True if the peer could not be reached or cannot serve now, so that trying again may help. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  return error.code === Code.Unavailable || (cutConnection.has(error.code) && reasonOf(error) === undefined);
}

/** Whose rights a call to a peer carries: this service's own, or those of the caller whom it serves. */
export type PeerRights = "own" | "caller";

/**
 * What a failed call to a peer means for the call that needed it. A reason of the peer's stays as it is, with
 * the fields and times that it names (PRICE_NOT_FOUND of Pricing is Core's answer too); no answer is
 * PEER_UNAVAILABLE, and so is a peer that cannot serve; a peer that refuses this service's own rights is a fault
 * of this system, not of the caller. A call with the caller's rights is answered as if the caller had made it.
 */
export function fromPeerError(error: unknown, peer: string, rights: PeerRights = "own"): ServiceError {
  const wire = ConnectError.from(error);
  const info = reasonOf(wire);
  const forbidden = wire.code === Code.PermissionDenied && rights === "own";
  if (wire.code === Code.Unauthenticated || forbidden) {
    return new CommonError("INTERNAL", `${peer} refused this service`, { cause: error });
  }
  const cannotServe = rights === "own" && noAnswer.has(wire.code);
  if (cannotServe || info === undefined) {
    return new CommonError("PEER_UNAVAILABLE", `the service ${peer} did not answer`, {
      metadata: { service: peer },
      retryAfterMs: 500,
      cause: error,
    });
  }
  const { request_id: _, ...metadata } = info.metadata;
  const fields = wire
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations)
    .map(({ field, description }) => ({ field, description }));
  const retryAfterMs = retryAfterMsOf(wire);
  return new ServiceError(info.reason, wire.rawMessage, {
    metadata,
    fields,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause: error,
  });
}

function retryAfterMsOf(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay && Number(delay.seconds) * 1_000 + Math.ceil(delay.nanos / 1_000_000);
}

/** What the peer itself says of the failure; undefined if the error did not come from its pipeline. */
function reasonOf(error: ConnectError): ErrorInfo | undefined {
  return error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === errorDomain);
}

import { Code, ConnectError } from "@connectrpc/connect";
import { type ErrorInfo, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import { errorDomain } from "../errors/connect-error.ts";
import { ServiceError } from "../errors/service-error.ts";

/** What the library makes of a connection that was cut, besides UNAVAILABLE. */
const cutConnection: ReadonlySet<Code> = new Set([Code.Canceled, Code.Aborted, Code.Internal]);

/** True if the peer could not be reached or cannot serve now, so that trying again may help. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  return error.code === Code.Unavailable || (cutConnection.has(error.code) && reasonOf(error) === undefined);
}

/**
 * What a failed call to a peer means for the call that needed it. A reason of the peer's stays as it is
 * (PRICE_NOT_FOUND of Pricing is Core's answer too); no answer is PEER_UNAVAILABLE; a peer that refuses our
 * token is a fault of this system, not of the caller.
 */
export function fromPeerError(error: unknown, peer: string): ServiceError {
  const wire = ConnectError.from(error);
  const info = reasonOf(wire);
  if (wire.code === Code.Unauthenticated || wire.code === Code.PermissionDenied) {
    return new CommonError("INTERNAL", `${peer} refused this service`, { cause: error });
  }
  const noAnswer = [Code.Unavailable, Code.DeadlineExceeded, Code.Canceled, Code.Unimplemented].includes(
    wire.code,
  );
  if (noAnswer || info === undefined) {
    return new CommonError("PEER_UNAVAILABLE", `the service ${peer} did not answer`, {
      metadata: { service: peer },
      retryAfterMs: 500,
      cause: error,
    });
  }
  const { request_id: _, ...metadata } = info.metadata;
  return new ServiceError(info.reason, wire.rawMessage, { metadata, cause: error });
}

/** What the peer itself says of the failure; undefined if the error did not come from its pipeline. */
function reasonOf(error: ConnectError): ErrorInfo | undefined {
  return error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === errorDomain);
}

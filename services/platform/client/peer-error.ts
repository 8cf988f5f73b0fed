import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import { errorDomain } from "../errors/connect-error.ts";
import { ServiceError } from "../errors/service-error.ts";

/** True if the peer gave no answer of its own, so that trying again may reach it. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Unavailable;
}

/**
 * What a failed call to a peer means for the call that needed it. A reason of the peer's stays as it is
 * (PRICE_NOT_FOUND of Pricing is Core's answer too); no answer is PEER_UNAVAILABLE; a peer that refuses our
 * token is a fault of this system, not of the caller.
 */
export function fromPeerError(error: unknown, peer: string): ServiceError {
  const wire = ConnectError.from(error);
  const info = wire.findDetails(ErrorInfoSchema).find(({ domain }) => domain === errorDomain);
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

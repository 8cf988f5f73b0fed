import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { Attempt } from "./deed.ts";

/** Reasons by which a service says that it is not known what became of a call. */
const unknownReasons: ReadonlySet<string> = new Set([
  "STORE_UNAVAILABLE",
  "DEADLINE_PASSED",
  "CALL_CANCELED",
  "STRIPE_UNAVAILABLE",
]);

/** Reasons by which a service turns a call away before it decides. */
const turningAway: ReadonlySet<string> = new Set([
  "PEER_UNAVAILABLE",
  "OVERLOADED",
  "SHUTTING_DOWN",
  "RATE_LIMITED",
]);

/** Refusals that operations of the plan may meet, since others work on the same account meanwhile. */
const expectedRefusals: ReadonlySet<string> = new Set([
  "INSUFFICIENT_FUNDS",
  "ACCOUNT_FROZEN",
  "RESERVATION_EXPIRED",
  "RESERVATION_ALREADY_COMMITTED",
  "RESERVATION_ALREADY_RELEASED",
  "AMOUNT_EXCEEDS_RESERVATION",
  "REFUND_EXCEEDS_CHARGE",
  "GRANT_LIMIT_REACHED",
  "TIME_OUT_OF_RANGE",
  "TRANSACTION_NOT_REFUNDABLE",
]);

/** A refusal that no operation of the plan should ever meet. */
export class UnexpectedRefusal extends Error {}

/** What the failure of a call says about its effect. @throws UnexpectedRefusal */
export function readFailure(thrown: unknown): Attempt {
  const error = ConnectError.from(thrown);
  const reason = error.findDetails(ErrorInfoSchema)[0]?.reason;
  return reason === undefined ? readBreak(error) : readReason(reason, error.message);
}

/** What a reason says about the effect. @throws UnexpectedRefusal */
export function readReason(reason: string, message: string): Attempt {
  if (unknownReasons.has(reason)) return { kind: "unknown", reason };
  if (turningAway.has(reason)) return { kind: "turned away", reason };
  if (expectedRefusals.has(reason)) return { kind: "refused", reason };
  throw new UnexpectedRefusal(`${reason}: ${message}`);
}

/** Codes by which a client says that there is no whole answer. */
const breaks: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.Aborted,
  Code.Internal,
  Code.Unknown,
  Code.DataLoss,
  Code.Canceled,
  Code.DeadlineExceeded,
]);

function readBreak(error: ConnectError): Attempt {
  // Nobody listened, so nothing was sent.
  if (/ECONNREFUSED/.test(String(error.cause ?? "") + error.message))
    return { kind: "turned away", reason: "connection refused" };
  if (breaks.has(error.code)) return { kind: "unknown", reason: error.message };
  throw new UnexpectedRefusal(error.message);
}

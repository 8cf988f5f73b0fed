import type { Message } from "@bufbuild/protobuf";
import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { canceledError } from "./attempt.ts";
import { clientRule, type ReasonRule, serverRule } from "./error-catalogue.ts";
import { HoldfastError } from "./holdfast-error.ts";

/** The call that failed. */
export interface FailedCall {
  /** Package of the service, for example `billing.core.v1`. */
  readonly packageName: string;
  /** For example `billing.core.v1.BillingCoreService/Charge`. */
  readonly method: string;
  readonly safeToRepeat: boolean;
  readonly attempts: number;
  /** Whether the caller aborted it. */
  readonly aborted: boolean;
  readonly request?: Message | undefined;
}

const errorDomain = "holdfast";

/** Reasons of errors that no service of Holdfast wrote: those of the way there, of proxies, and of this client. */
const reasonsByCode = new Map<Code, "UNREACHABLE" | "DEADLINE_PASSED">([
  [Code.Unavailable, "UNREACHABLE"],
  // Node's HTTP client says one of these for a connection that broke, depending on when it broke.
  [Code.Aborted, "UNREACHABLE"],
  [Code.Internal, "UNREACHABLE"],
  [Code.Unknown, "UNREACHABLE"],
  [Code.DataLoss, "UNREACHABLE"],
  // When the caller did not abort it: Connect's word for a stream whose connection was torn down.
  [Code.Canceled, "UNREACHABLE"],
  [Code.DeadlineExceeded, "DEADLINE_PASSED"],
]);

/** Turns whatever an attempt threw into the one error of the client. */
export function readError(thrown: unknown, call: FailedCall): HoldfastError {
  if (thrown instanceof HoldfastError) return thrown;
  const wire = ConnectError.from(thrown);
  const info = wire.findDetails(ErrorInfoSchema).find(({ domain }) => domain === errorDomain);
  const retryDelay = wire.findDetails(RetryInfoSchema).at(-1)?.retryDelay;
  const rule = info === undefined ? ruleWithoutReason(call, wire.code) : ruleWithReason(call, info.reason);
  const { request_id: requestId, ...metadata } = info?.metadata ?? {};
  const retryAfterMs = retryDelay === undefined ? undefined : millisecondsOf(retryDelay);
  return new HoldfastError(wire.rawMessage, {
    method: call.method,
    attempts: call.attempts,
    request: call.request,
    reason: rule.reason,
    code: wire.code,
    metadata:
      rule.reason === "UNRECOGNISED" && info !== undefined ? { ...metadata, reason: info.reason } : metadata,
    fields: wire
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) =>
        fieldViolations.map(({ field, description }) => ({ field, description })),
      ),
    retryable: call.safeToRepeat && (rule.retry || isUnknownAndTransient(rule, wire.code, retryAfterMs)),
    retryAfterMs,
    requestId: requestId === "" ? undefined : requestId,
    advice: rule.advice,
    cause: thrown,
  });
}

/** What work under a hold ends with when its caller aborts it. */
export function canceledCall(reason: unknown): HoldfastError {
  return readError(canceledError(reason), {
    packageName: "billing.core.v1",
    method: "withReservation",
    safeToRepeat: false,
    attempts: 0,
    aborted: true,
  });
}

function ruleWithReason(call: FailedCall, reason: string): ReasonRule {
  return serverRule(call.packageName, reason) ?? clientRule("UNRECOGNISED");
}

function ruleWithoutReason(call: FailedCall, code: Code): ReasonRule {
  if (code === Code.Canceled && call.aborted) return ruleWithReason(call, "CALL_CANCELED");
  const reason = reasonsByCode.get(code);
  if (reason === undefined) return clientRule("UNRECOGNISED");
  if (reason === "UNREACHABLE") return clientRule(reason);
  return ruleWithReason(call, reason);
}

/** Where the contract is silent, the status and the server's RetryInfo decide. */
function isUnknownAndTransient(rule: ReasonRule, code: Code, retryAfterMs: number | undefined): boolean {
  if (rule.reason !== "UNRECOGNISED") return false;
  return code === Code.Unavailable || (code === Code.ResourceExhausted && retryAfterMs !== undefined);
}

/** What a server asks for is a wait; a negative one is none. */
function millisecondsOf(duration: Duration): number {
  return Math.max(0, durationMs(duration));
}

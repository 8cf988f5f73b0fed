import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { HttpProblem } from "../session/request-json.ts";

/** What went wrong, for people. */
export interface Failure {
  /** Name of the reason in the error catalogue; empty if there was none, as without an answer. */
  readonly reason: string;
  /** The reason in words: "Insufficient funds". */
  readonly title: string;
  /** What is wrong this time, in the server's words. */
  readonly detail: string;
  /** Finds the call in the logs; empty without an answer. */
  readonly requestId: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Fields at fault. */
  readonly fields: ReadonlyArray<{ readonly field: string; readonly description: string }>;
  /** Whether the server could not be reached at all. */
  readonly isOffline: boolean;
}

/** Describes whatever a call threw. */
export function describeFailure(thrown: unknown): Failure {
  if (thrown instanceof HttpProblem) return ofProblem(thrown);
  const error = ConnectError.from(thrown);
  const [info] = error.findDetails(ErrorInfoSchema);
  if (info === undefined) return withoutReason(error);
  const { request_id: requestId = "", ...metadata } = info.metadata;
  return {
    reason: info.reason,
    title: titleOf(info.reason),
    detail: error.rawMessage,
    requestId,
    metadata,
    fields: error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations),
    isOffline: false,
  };
}

const nothingMore = { metadata: {}, fields: [] } as const;

/** No answer, or one that did not come from a service. */
function withoutReason(error: ConnectError): Failure {
  const isLate = error.code === Code.DeadlineExceeded;
  return {
    ...nothingMore,
    reason: "",
    title: isLate ? "No answer in time" : "No connection",
    detail: isLate
      ? "The server took too long to answer."
      : "The server cannot be reached. The page tries again by itself.",
    requestId: "",
    isOffline: !isLate,
  };
}

function ofProblem(problem: HttpProblem): Failure {
  if (problem.status === 0) return withoutReason(new ConnectError(problem.message, Code.Unavailable));
  return {
    ...nothingMore,
    reason: problem.reason,
    title: titleOf(problem.reason || "INTERNAL"),
    detail: problem.message,
    requestId: problem.requestId,
    isOffline: false,
  };
}

/** "INSUFFICIENT_FUNDS" → "Insufficient funds". */
export function titleOf(name: string): string {
  const words = name.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

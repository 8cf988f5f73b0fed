import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";

/** What went wrong, in words. */
export function describeFailure(thrown: unknown, url: string): string {
  const error = ConnectError.from(thrown);
  if (error.code === Code.DeadlineExceeded) return "The service took too long to answer.";
  const [info] = error.findDetails(ErrorInfoSchema);
  if (info !== undefined) return error.rawMessage;
  // A script is not told whether nobody answered or the browser withheld the answer.
  return `No answer from ${url}. Either it is not running, or its CORS_ORIGINS does not name ${location.origin}.`;
}

/** Whether trying again changes nothing. */
export function isFinal(thrown: unknown): boolean {
  const { code } = ConnectError.from(thrown);
  return [Code.Unauthenticated, Code.PermissionDenied, Code.NotFound, Code.InvalidArgument].includes(code);
}

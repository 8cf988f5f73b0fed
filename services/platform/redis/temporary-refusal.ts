import { ErrorReply } from "@redis/client";
import { CommonError } from "../errors/common-error.ts";
import { connectionLimits } from "./limits.ts";

/** First words of errors by which Redis says that it can't serve now, for example while it starts or fails over. */
const temporaryCodes: ReadonlySet<string> = new Set([
  "OOM",
  "LOADING",
  "READONLY",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "TRYAGAIN",
  "NOREPLICAS",
  "MISCONF",
  "BUSY",
  "UNBLOCKED",
]);

/** An error reply that says something about the server and nothing about the command, as STORE_UNAVAILABLE. */
export function understandTemporaryRefusal(error: unknown): unknown {
  if (!(error instanceof ErrorReply)) return error;
  const code = /^[A-Z]+/.exec(error.message)?.[0] ?? "";
  if (!temporaryCodes.has(code)) return error;
  return new CommonError("STORE_UNAVAILABLE", `the store refused for now (${code})`, {
    retryAfterMs: connectionLimits.retryAfterMs,
    cause: error,
  });
}

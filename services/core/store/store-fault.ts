import { CommonError } from "#platform/errors/common-error.ts";

/** A function of the ledger refused, and nothing but an expiry that was due has changed. */
export class FunctionRefusal extends Error {
  override readonly name = "FunctionRefusal";
  /** As the function's header lists it, for example `INSUFFICIENT_FUNDS`. */
  readonly reason: string;
  /** Facts by name; amounts in atoms, transactions as sequences. */
  readonly facts: Readonly<Record<string, string>>;

  constructor(reason: string, facts: Readonly<Record<string, string>>) {
    super(`the ledger refused: ${reason}`);
    this.reason = reason;
    this.facts = facts;
  }
}

/** The stored data or the functions are not as they must be; needs an operator. */
export class LedgerFault extends Error {
  override readonly name = "LedgerFault";
}

/** Refusals that say something about the service or the data, not about the request. */
const faultReasons: ReadonlySet<string> = new Set([
  "ARGUMENT_INVALID",
  "LEDGER_CORRUPT",
  "LEDGER_FAULT",
  "ARCHIVE_CONFLICT",
  "SELF_TEST_FAILED",
]);

/** First words of errors by which Redis says that it can't serve now, for example while it fails over. */
const unavailableCodes: ReadonlySet<string> = new Set([
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

const refusalPattern = /^([A-Z][A-Z0-9_]*) (\{.*\})$/s;
const retryAfterMs = 250;

/** Gives an error reply of Redis its meaning; the one place where that is done. */
export function understandErrorReply(reply: Error): FunctionRefusal | LedgerFault | CommonError {
  const match = refusalPattern.exec(reply.message);
  if (match !== null && !faultReasons.has(match[1]!)) {
    return new FunctionRefusal(match[1]!, JSON.parse(match[2]!) as Record<string, string>);
  }
  const code = /^[A-Z]+/.exec(reply.message)?.[0] ?? "";
  if (unavailableCodes.has(code)) {
    return new CommonError("STORE_UNAVAILABLE", `the store refused for now (${code})`, {
      retryAfterMs,
      cause: reply,
    });
  }
  return new LedgerFault(reply.message, { cause: reply });
}

/** Whether Redis lost the library, for example because a primary came back empty. */
export function isFunctionMissing(reply: Error): boolean {
  return reply.message.includes("Function not found");
}

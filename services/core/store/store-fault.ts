import { CommonError } from "#platform/errors/common-error.ts";
import { understandTemporaryRefusal } from "#platform/redis/temporary-refusal.ts";

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

const refusalPattern = /^([A-Z][A-Z0-9_]*) (\{.*\})$/s;

/** Gives an error reply of Redis its meaning; the one place where that is done. */
export function understandErrorReply(reply: Error): FunctionRefusal | LedgerFault | CommonError {
  const match = refusalPattern.exec(reply.message);
  if (match !== null && !faultReasons.has(match[1]!)) {
    return new FunctionRefusal(match[1]!, JSON.parse(match[2]!) as Record<string, string>);
  }
  const understood = understandTemporaryRefusal(reply);
  if (understood instanceof CommonError) return understood;
  return new LedgerFault(reply.message, { cause: reply });
}

/** Whether Redis lost the library, for example because a primary came back empty. */
export function isFunctionMissing(reply: Error): boolean {
  return reply.message.includes("Function not found");
}

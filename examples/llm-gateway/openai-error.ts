import { HoldfastError, type Reason } from "../../client/node.ts";

/** A refusal, in the shape that clients of OpenAI's API read. */
export class OpenAiError extends Error {
  override readonly name = "OpenAiError";
  readonly status: number;
  readonly body: { readonly error: { message: string; type: string; param: null; code: string } };

  constructor(status: number, type: string, code: string, message: string) {
    super(message);
    this.status = status;
    this.body = { error: { message, type, param: null, code } };
  }
}

type Words = (facts: Readonly<Record<string, string>>) => string;

/** What a caller is told of a refusal of the ledger. Everything else is the operator's matter: 503 or 500. */
const refusals: Partial<Record<Reason, readonly [status: number, type: string, code: string, words: Words]>> =
  {
    INSUFFICIENT_FUNDS: [
      402,
      "insufficient_quota",
      "insufficient_funds",
      ({ required, spendable, reserved, currency_code }) =>
        `Your balance does not cover this call: it may cost up to ${required} ${currency_code}, you have ` +
        `${spendable} ${currency_code} to spend, and calls in flight hold ${reserved} ${currency_code}. ` +
        "Top up, or ask for fewer tokens with max_completion_tokens.",
    ],
    ACCOUNT_FROZEN: [403, "invalid_request_error", "account_frozen", () => "Your account is frozen."],
    ACCOUNT_CLOSED: [403, "invalid_request_error", "account_closed", () => "Your account is closed."],
    ACCOUNT_NOT_FOUND: [403, "invalid_request_error", "account_unknown", () => "Your key has no account."],
    PRICE_NOT_FOUND: [404, "invalid_request_error", "model_not_found", () => "There is no such model."],
    PRICE_ARCHIVED: [404, "invalid_request_error", "model_not_found", () => "There is no such model."],
    METER_UNKNOWN: [
      404,
      "invalid_request_error",
      "model_not_found",
      () => "This model is not sold by tokens.",
    ],
    IDEMPOTENCY_KEY_REUSED: [
      422,
      "invalid_request_error",
      "idempotency_key_reused",
      () => "This Idempotency-Key was sent with another request.",
    ],
  };

/** The answer to a caller whose call failed with `error`. */
export function toOpenAiError(error: unknown): OpenAiError {
  if (error instanceof OpenAiError) return error;
  if (error instanceof HoldfastError) {
    const refusal = refusals[error.reason];
    if (refusal !== undefined) {
      const [status, type, code, words] = refusal;
      return new OpenAiError(status, type, code, words(error.metadata));
    }
    if (error.retryable)
      return new OpenAiError(503, "server_error", "billing_unavailable", "Billing is away. Try again soon.");
  }
  return new OpenAiError(500, "server_error", "internal_error", "The gateway failed.");
}

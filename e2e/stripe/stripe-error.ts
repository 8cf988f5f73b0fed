/** A refusal in the form of Stripe's API. */
export class StripeApiError extends Error {
  override readonly name = "StripeApiError";
  readonly status: number;
  readonly type: string;
  readonly code: string | undefined;
  readonly param: string | undefined;

  constructor(
    status: number,
    message: string,
    { type = "invalid_request_error", code, param }: { type?: string; code?: string; param?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
  }

  /** The body of the answer. */
  body(): unknown {
    const { type, message, code, param } = this;
    return { error: { type, message, ...(code && { code }), ...(param && { param }) } };
  }
}

export function noSuch(kind: string, id: string): StripeApiError {
  return new StripeApiError(404, `No such ${kind}: '${id}'`, { code: "resource_missing", param: "id" });
}

export function invalid(param: string, message: string): StripeApiError {
  return new StripeApiError(400, message, { code: "parameter_invalid", param });
}

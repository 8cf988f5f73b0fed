/** One field of a request and what is wrong with it. */
export interface FieldViolation {
  /** Path in the request as the proto names it, for example `usage.quantities["input_tokens"]`. */
  readonly field: string;
  /** What is wrong, in words for the caller. */
  readonly description: string;
}

/** What a {@link ServiceError} carries besides its reason and message. */
export interface ServiceErrorOptions {
  /** Facts for programs: names in snake_case, values as text. Sent to the caller. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Fields at fault. Sent to the caller. */
  readonly fields?: readonly FieldViolation[];
  /** Earliest time, from now, at which trying again is sensible. Sent to the caller. */
  readonly retryAfterMs?: number;
  /** The fault below this one. Logged with the request id, never sent. */
  readonly cause?: unknown;
}

/**
 * The one error that crosses layers: a reason of the error catalogue and a message for the caller.
 *
 * The domain throws it without knowing a transport; the request pipeline turns the reason into an RPC or
 * HTTP status. Anything else that is thrown reaches the caller as INTERNAL, without its text.
 */
export class ServiceError<R extends string = string> extends Error {
  override readonly name = "ServiceError";
  /** Name in the error catalogue, for example `INSUFFICIENT_FUNDS`. */
  readonly reason: R;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fields: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(reason: R, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.metadata = options.metadata ?? {};
    this.fields = options.fields ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}

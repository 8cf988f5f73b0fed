/** What a handler throws to say more than that an attempt failed. */
export class DeliveryFailure extends Error {
  override readonly name = "DeliveryFailure";
  /** No further attempt can succeed: the message becomes a dead letter at once. */
  readonly isPermanent: boolean;
  /** How long the next attempt waits, in milliseconds, instead of the worker's backoff. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: {
      readonly isPermanent?: boolean;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isPermanent = options.isPermanent ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

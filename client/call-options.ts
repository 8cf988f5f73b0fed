import { defaultRetry, type RetryOptions, type RetryPolicy } from "./retry.ts";

/** Bounds of a unary call, for all calls of a client or for one. */
export interface CallBounds {
  /** Bound of one call with all its attempts and pauses in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * Bound of one attempt in milliseconds. Default two fifths of `timeoutMs`, or all of it for calls that are
   * never repeated.
   */
  readonly attemptTimeoutMs?: number;
  /** Which bounds repeating has; false sends every request once. */
  readonly retry?: RetryOptions | false;
}

/** Options of one call. */
export interface CallOptions extends CallBounds {
  /** Ends the call with CALL_CANCELED; whether it had an effect is unknown then. */
  readonly signal?: AbortSignal;
  /** Headers that go along, for example `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of a stream. It lasts until its end, an error, the signal, or until the caller leaves its loop. */
export interface StreamOptions {
  /** Ends the stream with CALL_CANCELED. */
  readonly signal?: AbortSignal;
  /** Bound of the whole stream in milliseconds. Default none. */
  readonly timeoutMs?: number;
  /** Headers that go along, for example `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bounds of one call, all stated. */
export interface ResolvedBounds {
  readonly timeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly policy: RetryPolicy;
}

const defaultTimeoutMs = 10_000;
const attemptShare = 0.4;

/**
 * The bounds of a call: its own before the client's before the defaults.
 *
 * @throws RangeError if a bound is not a positive number.
 */
export function resolveBounds(own: CallBounds, client: CallBounds, safeToRepeat: boolean): ResolvedBounds {
  const timeoutMs = own.timeoutMs ?? client.timeoutMs ?? defaultTimeoutMs;
  const once = own.retry === false || (own.retry === undefined && client.retry === false);
  const policy = {
    ...defaultRetry,
    ...definedOf(client.retry),
    ...definedOf(own.retry),
    ...(once ? { maxAttempts: 1 } : {}),
  };
  const repeats = safeToRepeat && policy.maxAttempts > 1;
  const attemptTimeoutMs =
    own.attemptTimeoutMs ?? client.attemptTimeoutMs ?? (repeats ? timeoutMs * attemptShare : timeoutMs);
  requirePositive({ timeoutMs, attemptTimeoutMs, maxAttempts: policy.maxAttempts });
  return { timeoutMs, attemptTimeoutMs, policy };
}

function definedOf(retry: RetryOptions | false | undefined): RetryOptions {
  const entries = Object.entries(retry || {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

function requirePositive(bounds: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(bounds))
    if (!(value > 0)) throw new RangeError(`${name} is ${value}; it must be more than 0`);
}

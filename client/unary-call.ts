import type { DescMessage, DescMethodUnary, Message, MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { pause, withinLimits } from "./attempt.ts";
import { headersWithToken, isTokenExpired } from "./authorization.ts";
import { type CallOptions, type ResolvedBounds, resolveBounds } from "./call-options.ts";
import type { HoldfastError } from "./holdfast-error.ts";
import { withIdempotencyKeys } from "./idempotency-key.ts";
import { type CallParts, describeMethod, isSafeToRepeat } from "./method.ts";
import { readError } from "./read-error.ts";
import { pauseBeforeRetry } from "./retry.ts";

/** A call on its way. */
interface OpenCall {
  readonly parts: CallParts;
  readonly method: DescMethodUnary;
  readonly request: Message;
  readonly options: CallOptions;
  readonly bounds: ResolvedBounds;
  readonly endsAtMs: number;
  /** Times that the request was sent, but for the one that an expired token spoiled. */
  attempts: number;
  /** Whether an expired token was replaced; happens once. */
  renewed: boolean;
}

/** One method: fills in keys and the token, and repeats what is safe within the bounds. */
export function unaryCall(method: DescMethodUnary, parts: CallParts) {
  const safeToRepeat = isSafeToRepeat(method);
  return async (request: MessageInitShape<DescMessage>, options: CallOptions = {}): Promise<Message> => {
    const bounds = resolveBounds(options, parts.bounds, safeToRepeat);
    return runCall({
      parts,
      method,
      request: withIdempotencyKeys(method.input, request),
      options,
      bounds,
      endsAtMs: performance.now() + bounds.timeoutMs,
      attempts: 0,
      renewed: false,
    });
  };
}

async function runCall(call: OpenCall): Promise<Message> {
  let pauseMs = 0;
  let previous: HoldfastError | undefined;
  for (;;) {
    try {
      if (pauseMs > 0) await pause(pauseMs, call.options.signal);
      return await attempt(call);
    } catch (thrown) {
      // Why the attempts before failed says more than that the time is over.
      if (thrown instanceof ConnectError) thrown.cause ??= previous;
      const error = readError(thrown, {
        ...describeMethod(call.method),
        attempts: call.attempts,
        aborted: call.options.signal?.aborted ?? false,
        request: call.attempts === 0 ? undefined : call.request,
      });
      const next = nextPause(call, error);
      if (next === undefined) throw error;
      pauseMs = next;
      previous = error;
    }
  }
}

function nextPause({ options, endsAtMs, bounds }: OpenCall, error: HoldfastError): number | undefined {
  if (options.signal?.aborted) return undefined;
  const remainingMs = endsAtMs - performance.now();
  return pauseBeforeRetry({ error, remainingMs, policy: bounds.policy, random: Math.random() });
}

function attempt(call: OpenCall): Promise<Message> {
  const { parts, bounds, options } = call;
  const remainingMs = call.endsAtMs - performance.now();
  // On the wire it is a whole number.
  const timeoutMs = Math.max(1, Math.ceil(Math.min(bounds.attemptTimeoutMs, remainingMs)));
  return withinLimits({ timeoutMs, signal: options.signal }, async (signal) => {
    for (;;) {
      const token = parts.tokens.current();
      try {
        return await send(call, token, timeoutMs, signal);
      } catch (thrown) {
        if (call.renewed || !isTokenExpired(thrown) || !parts.tokens.discard(token)) throw thrown;
        call.renewed = true;
        call.attempts--;
      }
    }
  });
}

async function send(
  call: OpenCall,
  token: Promise<string>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Message> {
  const { parts, method, options } = call;
  const headers = await headersWithToken(token, options.headers, describeMethod(method).method);
  signal.throwIfAborted();
  call.attempts++;
  const { message } = await parts.transport.unary(method, signal, timeoutMs, headers, call.request);
  return message;
}

import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { headersWithToken, isTokenExpired } from "./authorization.ts";
import type { StreamOptions } from "./call-options.ts";
import { type CallParts, describeMethod } from "./method.ts";
import { readError } from "./read-error.ts";

/** One streaming method. A stream is not taken up again after a failure: only the caller knows from where. */
export function serverStream(method: DescMethodServerStreaming, parts: CallParts) {
  return async function* (
    request: MessageInitShape<DescMessage>,
    options: StreamOptions = {},
  ): AsyncGenerator<Message, void, undefined> {
    const controller = new AbortController();
    const cancel = () => controller.abort(options.signal?.reason);
    if (options.signal?.aborted) cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    const message = create(method.input, request);
    try {
      yield* openStream(method, parts, message, options, controller.signal);
    } catch (thrown) {
      throw readError(thrown, {
        ...describeMethod(method),
        safeToRepeat: true,
        attempts: 1,
        aborted: options.signal?.aborted ?? false,
        request: message,
      });
    } finally {
      options.signal?.removeEventListener("abort", cancel);
      // Leaving the loop early must end the call, which Connect's iterables do not do by themselves.
      controller.abort();
    }
  };
}

/** Opens the stream, a second time if the server calls the token expired. */
async function* openStream(
  method: DescMethodServerStreaming,
  parts: CallParts,
  request: Message,
  options: StreamOptions,
  signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  for (let renewed = false; ; renewed = true) {
    const token = parts.tokens.current();
    let received = false;
    try {
      const headers = await headersWithToken(token, options.headers, describeMethod(method).method);
      const stream = await parts.transport.stream(method, signal, options.timeoutMs, headers, once(request));
      for await (const message of stream.message) {
        received = true;
        yield message;
      }
      return;
    } catch (thrown) {
      if (renewed || received || !isTokenExpired(thrown) || !parts.tokens.discard(token)) throw thrown;
    }
  }
}

async function* once<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}

import type { DescMethod } from "@bufbuild/protobuf";
import type { Caller } from "#platform/access/caller.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { ServiceRoutes, StreamHandler } from "#platform/rpc/handlers.ts";

/** Bounds of a stream through the relay in milliseconds. */
export const streamTimes = {
  /** How often the caller's rights are looked at again. */
  checkMs: 2_000,
  /** The whole stream; the page then begins another. */
  wholeMs: 15 * 60_000,
} as const;

/** The same methods; a stream ends when its caller's rights do, and after a time. */
export function whileStanding(
  routes: ServiceRoutes,
  requireStanding: (caller: Caller) => Promise<void>,
  times: { readonly checkMs: number; readonly wholeMs: number } = streamTimes,
): ServiceRoutes {
  const handlers = routes.service.methods.map((method) => {
    const handler = routes.handlers[method.localName];
    const bounded =
      handler === undefined || method.methodKind === "unary"
        ? handler
        : boundStream(handler as StreamHandler<DescMethod>, requireStanding, times);
    return [method.localName, bounded];
  });
  return { ...routes, handlers: Object.fromEntries(handlers) };
}

function boundStream(
  handler: StreamHandler<DescMethod>,
  requireStanding: (caller: Caller) => Promise<void>,
  { checkMs, wholeMs }: { readonly checkMs: number; readonly wholeMs: number },
): StreamHandler<DescMethod> {
  return async function* (request, call) {
    const ended = new AbortController();
    let fault: unknown;
    const end = (reason: unknown) => {
      fault ??= reason;
      ended.abort();
    };
    const check = setInterval(() => {
      requireStanding(call.caller).catch((error: unknown) => {
        if (!isPassing(error)) end(error);
      });
    }, checkMs);
    const whole = setTimeout(
      () => end(new CommonError("DEADLINE_PASSED", "the stream has lasted long enough: begin another")),
      wholeMs,
    );
    try {
      const signal = AbortSignal.any([call.signal, ended.signal]);
      // Named, since what a call makes when it is asked does not come along by itself.
      yield* handler(request, { ...call, address: call.address, log: call.log, signal });
      if (fault !== undefined) throw fault;
    } catch (error) {
      throw fault ?? error;
    } finally {
      clearInterval(check);
      clearTimeout(whole);
    }
  };
}

/** A store that does not answer says nothing of anybody's rights. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ServiceError) || error.reason === "STORE_UNAVAILABLE";
}

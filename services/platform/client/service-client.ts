import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { type CallOptions, type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Caller } from "../access/caller.ts";
import { backoffMs } from "../clock/backoff.ts";
import { Http2Sessions } from "./http2-sessions.ts";
import { fromPeerError, isUnreachable, type PeerRights } from "./peer-error.ts";
import { type UnaryCaller, UnaryCalls } from "./unary-caller.ts";

/** What a call to a peer carries on from the call that it serves; a background job has none. */
export interface CallOrigin {
  readonly requestId: string;
  readonly trace: { readonly traceparent: string };
  /** When the original caller stops waiting, epoch milliseconds. */
  readonly deadlineMs: number;
  /** Who that is, for a token with their rights. */
  readonly caller?: Caller;
}

/** How to reach a peer. */
export interface ServiceClientOptions<S extends DescService> {
  readonly service: S;
  /** The peer's name for error messages, for example `pricing`. */
  readonly peer: string;
  readonly baseUrl: string;
  /** The token for a call, by what it serves. */
  readonly token: (origin: CallOrigin | undefined) => Promise<string>;
  /** Whose rights the token carries; default the service's own. */
  readonly rights?: PeerRights;
  /**
   * Bound of one call with all its attempts in milliseconds, within the original caller's deadline.
   * Default 5,000. Streams have none but their signal.
   */
  readonly timeoutMs?: number;
}

/** Methods of a peer: unary ones return a promise, streams an iterable. They throw ServiceErrors. */
export type ServiceClient<S extends DescService> = {
  readonly [P in keyof S["method"]]: S["method"][P] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, origin?: CallOrigin) => Promise<MessageShape<O>>
    : S["method"][P] extends DescMethodServerStreaming<infer I, infer O>
      ? (
          request: MessageInitShape<I>,
          origin: CallOrigin | undefined,
          signal: AbortSignal,
        ) => AsyncIterable<MessageShape<O>>
      : never;
} & { readonly close: () => void };

const limits = {
  timeoutMs: 5_000,
  attempts: 3,
  backoff: { firstMs: 75, maxMs: 1_000 },
  messageBytes: 32 << 20,
  /** A connection that leads nowhere any more (peer frozen, network cut) is found and replaced after both. */
  pings: { pingIntervalMs: 1_000, pingTimeoutMs: 2_000 },
} as const;

/**
 * A client from one service to another over gRPC: a short-lived token, the request id and the trace go along,
 * the deadline shrinks on the way, and what is safe to repeat is repeated when the peer cannot be reached.
 */
export function createServiceClient<S extends DescService>(
  options: ServiceClientOptions<S>,
): ServiceClient<S> {
  const sessions = new Http2Sessions(options.baseUrl, limits.pings);
  const transport = createGrpcTransport({
    baseUrl: options.baseUrl,
    sessionManager: sessions,
    readMaxBytes: limits.messageBytes,
    writeMaxBytes: limits.messageBytes,
  });
  const client = createClient(
    options.service as DescService,
    transport,
  ) as Client<DescService> as unknown as RawClient;
  const calls = new UnaryCalls(sessions, options.baseUrl, limits.messageBytes);
  const methods: Record<string, unknown> = { close: () => sessions.abort() };
  for (const method of options.service.methods) {
    methods[method.localName] =
      method.methodKind === "unary"
        ? unaryCall(options, calls.of(method), method)
        : streamCall(options, client, method);
  }
  return methods as unknown as ServiceClient<S>;
}

type RawClient = Record<string, (request: object, callOptions: CallOptions) => AsyncIterable<object>>;

function unaryCall(options: ServiceClientOptions<DescService>, call: UnaryCaller, method: DescMethod) {
  const attempts = isSafeToRepeat(method) ? limits.attempts : 1;
  return async (request: object, origin?: CallOrigin) => {
    const ownDeadlineMs = Date.now() + (options.timeoutMs ?? limits.timeoutMs);
    const deadlineMs = Math.min(ownDeadlineMs, origin?.deadlineMs ?? ownDeadlineMs);
    for (let attempt = 1; ; attempt++) {
      const headers = await headersOf(options, origin);
      const timeoutMs = Math.max(1, deadlineMs - Date.now());
      try {
        return await call(request, headers, timeoutMs);
      } catch (error) {
        const pauseMs = backoffMs(attempt, limits.backoff);
        if (attempt >= attempts || !isUnreachable(error) || Date.now() + pauseMs >= deadlineMs)
          throw fromPeerError(error, options.peer, options.rights);
        await pause(pauseMs);
      }
    }
  };
}

function streamCall(options: ServiceClientOptions<DescService>, client: RawClient, method: DescMethod) {
  return async function* (request: object, origin: CallOrigin | undefined, signal: AbortSignal) {
    const headers = await headersOf(options, origin);
    try {
      yield* client[method.localName]!(request, { signal, headers });
    } catch (error) {
      throw fromPeerError(error, options.peer, options.rights);
    }
  };
}

async function headersOf(
  options: ServiceClientOptions<DescService>,
  origin: CallOrigin | undefined,
): Promise<Record<string, string>> {
  const authorization = `Bearer ${await options.token(origin)}`;
  return origin === undefined
    ? { authorization }
    : { authorization, "x-request-id": origin.requestId, traceparent: origin.trace.traceparent };
}

function isSafeToRepeat(method: DescMethod): boolean {
  return (
    method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS ||
    method.idempotency === IdempotencyLevel.IDEMPOTENT
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

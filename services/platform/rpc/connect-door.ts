import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { DescMethod, Message } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { MethodRule } from "../access/method-rule.ts";
import { CommonError } from "../errors/common-error.ts";
import type { ServiceRoutes, StreamHandler, UnaryHandler } from "./handlers.ts";
import { hasUsableHost } from "./host.ts";
import { callLimits } from "./limits.ts";
import type { OpenCall } from "./open-call.ts";
import type { Pipeline } from "./pipeline.ts";
import { wireOptions } from "./wire-options.ts";

/** Node's handler of a request, whatever the HTTP version. */
export type NodeHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

/** How the door is built. */
export interface ConnectDoorOptions {
  readonly pipeline: Pipeline;
  readonly routes: readonly ServiceRoutes[];
  /** Aborted with the reason to tell streams when the server shuts down. */
  readonly shutdownSignal: AbortSignal;
  /** Answers paths that name no method. */
  readonly fallback: NodeHandler;
  /** What stands before the services' names in paths, for example "/rpc"; default nothing. */
  readonly pathPrefix?: string;
}

/** Holds the call of a request between the gate and the handler. */
interface CallSlot {
  /** The other end of the connection. */
  readonly address: string;
  call: OpenCall | undefined;
  /** Whether the connection or stream has ended, which it may do while the gate still decides. */
  closed: boolean;
  /** Ends the connection or stream without an answer. */
  cut(): void;
  /** Runs until the request is there. */
  bodyTimer: NodeJS.Timeout | undefined;
}

const slotKey = createContextKey<CallSlot>({
  address: "",
  call: undefined,
  closed: false,
  cut: () => {},
  bodyTimer: undefined,
});

/** gRPC, gRPC-Web and Connect, all methods, through Connect's own handlers into the pipeline. */
export function createConnectDoor(options: ConnectDoorOptions): NodeHandler {
  const slots = new WeakMap<object, CallSlot>();
  const rules = new Map<DescMethod, MethodRule>();
  const adapter = connectNodeAdapter({
    ...wireOptions,
    readMaxBytes: 1 << 20,
    maxTimeoutMs: callLimits.maxTimeoutMs,
    shutdownSignal: options.shutdownSignal,
    fallback: options.fallback as never,
    requestPathPrefix: options.pathPrefix ?? "",
    contextValues: (request) => {
      const slot = slots.get(request);
      return slot === undefined ? createContextValues() : createContextValues().set(slotKey, slot);
    },
    requestGate: (context) => openCall(options.pipeline, rules, context),
    routes: (router) => {
      for (const service of options.routes) addService(router, options.pipeline, rules, service);
    },
  });
  return (request, response) => {
    const slot: CallSlot = {
      address: request.socket.remoteAddress ?? "",
      call: undefined,
      closed: false,
      cut: () => cutRequest(response),
      bodyTimer: undefined,
    };
    slots.set(request, slot);
    response.once("close", () => {
      slot.closed = true;
      clearTimeout(slot.bodyTimer);
      if (slot.call !== undefined) options.pipeline.abandon(slot.call);
    });
    try {
      adapter(request as never, response as never);
    } catch (error) {
      // Connect makes a URL of the host; where it can make none it throws, which would end the process.
      if (hasUsableHost(request.headers)) throw error;
      response.statusCode = 400;
      response.end();
    }
  };
}

async function openCall(
  pipeline: Pipeline,
  rules: ReadonlyMap<DescMethod, MethodRule>,
  context: HandlerContext,
): Promise<void> {
  const rule = rules.get(context.method);
  if (rule === undefined) throw new Error(`no rule for ${context.method.name}`);
  const slot = context.values.get(slotKey);
  const call = await pipeline.open({
    rule,
    header: (name) => context.requestHeader.get(name),
    address: slot.address,
    timeoutMs: context.timeoutMs(),
    bodyBytes: Number(context.requestHeader.get("content-length") ?? 0),
    signal: context.signal,
  });
  context.responseHeader.set("x-request-id", call.requestId);
  slot.call = call;
  if (slot.closed) pipeline.abandon(call);
  else boundBody(slot, call);
}

/**
 * Cuts a call whose request does not arrive in time. Node bounds the time of a request over HTTP/1.1 only, and
 * Connect looks at the deadline when the request is there: over HTTP/2 a stalled one would stay for ever.
 */
function boundBody(slot: CallSlot, call: OpenCall): void {
  const waitMs = Math.min(callLimits.requestBodyMs, Math.max(0, call.deadlineMs - Date.now()));
  slot.bodyTimer = setTimeout(() => slot.cut(), waitMs);
}

function cutRequest(response: ServerResponse | Http2ServerResponse): void {
  if ("stream" in response) response.stream.close(constants.NGHTTP2_CANCEL);
  else response.destroy();
}

function addService(
  router: ConnectRouter,
  pipeline: Pipeline,
  rules: Map<DescMethod, MethodRule>,
  routes: ServiceRoutes,
): void {
  for (const method of routes.service.methods) {
    const rule = routes.rule(method);
    rules.set(method, rule);
    const handler = routes.handlers[method.localName];
    router.rpc(method, implementation(pipeline, method, handler) as never, {
      readMaxBytes: rule.maxRequestBytes,
    });
  }
}

function implementation(
  pipeline: Pipeline,
  method: DescMethod,
  handler: UnaryHandler<DescMethod> | StreamHandler<DescMethod> | undefined,
): unknown {
  switch (method.methodKind) {
    case "unary":
      return (request: Message, context: HandlerContext) =>
        pipeline.serveUnary(callOf(context), request, (handler as UnaryHandler<DescMethod>) ?? unavailable);
    case "server_streaming":
      return (request: Message, context: HandlerContext) =>
        pipeline.serveStream(
          callOf(context),
          request,
          (handler as StreamHandler<DescMethod>) ?? unavailableStream,
        );
    default:
      // Only reflection has streams of requests; it is open and stateless.
      return (requests: AsyncIterable<Message>, context: HandlerContext) =>
        pipeline.serveStream(callOf(context), undefined, () =>
          (handler as unknown as BidiHandler)(requests, callOf(context)),
        );
  }
}

type BidiHandler = (requests: AsyncIterable<Message>, call: OpenCall) => AsyncIterable<Message>;

function callOf(context: HandlerContext): OpenCall {
  const { call, bodyTimer } = context.values.get(slotKey);
  clearTimeout(bodyTimer);
  if (call === undefined) throw new Error("a call reached its handler without passing the gate");
  return call;
}

function unavailable(): never {
  throw new CommonError("METHOD_UNAVAILABLE", "this server does not offer the method");
}

// biome-ignore lint/correctness/useYield: it refuses before the first message.
async function* unavailableStream(): AsyncGenerator<never> {
  unavailable();
}

import { Readable } from "node:stream";
import { create, type DescMethod, type Message, toJson } from "@bufbuild/protobuf";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { OpenCall } from "#platform/rpc/open-call.ts";
import type { Pipeline } from "#platform/rpc/pipeline.ts";
import type { RequestLockStore } from "../store/request-lock-store.ts";
import { runOnce } from "./idempotency/run-once.ts";
import type { RequestDecoder } from "./mapping/request-decoder.ts";
import { requestJson } from "./mapping/request-json.ts";
import type { Operation } from "./operation.ts";
import type { Route } from "./routes/route.ts";

/** What serving a route takes. */
export interface RouteParts {
  readonly pipeline: Pipeline;
  readonly locks: Pick<RequestLockStore, "take">;
  readonly operationOf: (rpc: DescMethod) => Operation;
  readonly decoderOf: (input: DescMethod["input"]) => RequestDecoder;
}

/** The two steps of a route: the gate, before the body is read, and the handler. */
export function serveRoute(parts: RouteParts, route: Route) {
  const { pipeline } = parts;
  const { rule, handler } = parts.operationOf(route.rpc);
  const decode = parts.decoderOf(route.rpc.input);
  const calls = new WeakMap<FastifyRequest, OpenCall>();
  return {
    async onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const call = await pipeline.open({
        rule,
        header: (name) => headerOf(request, name),
        address: request.socket.remoteAddress ?? "",
        timeoutMs: undefined,
        // The size of the JSON is bounded by the router; the method's bound is for its own encoding.
        bodyBytes: 0,
        signal: abortOnClose(reply),
      });
      calls.set(request, call);
      // The caller may have gone while the gate decided.
      if (reply.raw.destroyed) pipeline.abandon(call);
      else reply.raw.once("close", () => pipeline.abandon(call));
    },
    async handler(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
      const call = calls.get(request);
      if (call === undefined) throw new Error("a request reached its handler without passing the gate");
      const message = decode(requestJson(route, request));
      if (route.rpc.methodKind !== "unary") {
        const stream = pipeline.serveStream(call, message, handler as never);
        reply.type("application/x-ndjson");
        return Readable.from(jsonLines(route.rpc, stream as AsyncIterable<Message>));
      }
      const answer = await runOnce(parts.locks, route, call, message, () =>
        pipeline.serveUnary(call, message, handler as never),
      );
      return outputJson(route.rpc, answer);
    },
  };
}

/** The answer in the standard JSON mapping, zeros included, so that its shape is always the same. */
function outputJson(rpc: DescMethod, answer: unknown): unknown {
  return toJson(rpc.output, create(rpc.output, answer as never), { alwaysEmitImplicit: true });
}

/** One line for each message; a stream that fails ends without its last chunk, which clients notice. */
async function* jsonLines(rpc: DescMethod, stream: AsyncIterable<Message>): AsyncGenerator<string> {
  for await (const message of stream) yield `${JSON.stringify(outputJson(rpc, message))}\n`;
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  if (name === "x-request-id") return request.id;
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** A signal that aborts when the caller goes away before the answer. */
function abortOnClose(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

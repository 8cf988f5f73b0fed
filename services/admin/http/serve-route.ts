import { create, toJson } from "@bufbuild/protobuf";
import type { FastifyReply, FastifyRequest } from "fastify";
import { methodRule } from "#platform/access/method-rule.ts";
import type { OpenCall, Pipeline } from "#platform/rpc/pipeline.ts";
import type { Route } from "./route.ts";

/** The two steps of a route: the gate, before the body is read, and the handler. */
export function serveRoute(pipeline: Pipeline, { rpc, handler }: Route) {
  const rule = methodRule(rpc);
  const calls = new WeakMap<FastifyRequest, OpenCall>();
  return {
    async onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const call = await pipeline.open({
        rule,
        header: (name) => headerOf(request, name),
        address: request.ip,
        timeoutMs: undefined,
        bodyBytes: Number(request.headers["content-length"] ?? 0),
        signal: abortOnClose(reply),
      });
      calls.set(request, call);
      // The caller may have gone while the gate decided.
      if (reply.raw.destroyed) pipeline.abandon(call);
      else reply.raw.once("close", () => pipeline.abandon(call));
    },
    /** The answer in the standard JSON mapping, zeros included, so that its shape is always the same. */
    async handler(request: FastifyRequest): Promise<unknown> {
      const call = calls.get(request);
      if (call === undefined) throw new Error("a request reached its handler without passing the gate");
      const answer = await pipeline.serveUnary(call, create(rpc.input), handler);
      return toJson(rpc.output, create(rpc.output, answer as never), { alwaysEmitImplicit: true });
    },
  };
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

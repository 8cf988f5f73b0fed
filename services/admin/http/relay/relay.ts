import { createConnectDoor } from "#platform/rpc/connect-door.ts";
import type { ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { Pipeline } from "#platform/rpc/pipeline.ts";
import type { HttpPlugin } from "../http-plugin.ts";
import { whileStanding } from "./while-standing.ts";

/** What the relay works with. */
export interface RelayParts {
  /** With the gate for sessions. */
  readonly pipeline: Pipeline;
  /** The RPCs of all five services. */
  readonly services: readonly ServiceRoutes[];
  /** Throws if a caller's rights hold no more. */
  readonly requireStanding: Parameters<typeof whileStanding>[1];
  /** Aborted with the reason when the server shuts down. */
  readonly shutdownSignal: AbortSignal;
}

const prefix = "/rpc";

/**
 * The RPCs of all five services for pages of this origin, in Connect and gRPC-Web, streams included: the session of
 * the browser comes in, a short token with its rights goes out.
 */
export function relay({ pipeline, services, requireStanding, shutdownSignal }: RelayParts): HttpPlugin {
  const door = createConnectDoor({
    pipeline,
    routes: services.map((routes) => whileStanding(routes, requireStanding)),
    shutdownSignal,
    pathPrefix: prefix,
    fallback: (_request, response) => {
      response.statusCode = 404;
      response.setHeader("content-type", "text/plain; charset=utf-8");
      response.end("there is no such method\n");
    },
  });
  return {
    path: `${prefix}/*`,
    methods: ["GET", "HEAD", "POST"],
    register: async (app) => {
      app.route({
        method: ["GET", "POST"],
        url: `${prefix}/*`,
        // Before the body is read: the door reads it itself.
        onRequest: async (request, reply) => {
          for (const [name, value] of Object.entries(reply.getHeaders()))
            reply.raw.setHeader(name, value as string);
          reply.hijack();
          door(request.raw, reply.raw);
        },
        handler: () => {
          throw new Error("a call reached the handler past the door");
        },
      });
    },
  };
}

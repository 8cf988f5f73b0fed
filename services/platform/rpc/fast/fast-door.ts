import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { RequestHandler } from "../../server/request-handler.ts";
import type { ServiceRoutes } from "../handlers.ts";
import type { Pipeline } from "../pipeline.ts";
import { FastCall, type FastDoorParts } from "./fast-call.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import { PendingDeadlines } from "./pending-deadlines.ts";
import { type RequestForm, readRequestForm } from "./request-form.ts";
import { type UnaryMethod, unaryMethods } from "./unary-methods.ts";

/** How the door is built. */
export interface FastDoorOptions {
  readonly pipeline: Pipeline;
  readonly routes: readonly ServiceRoutes[];
  readonly shutdownSignal: AbortSignal;
}

/** Takes plain unary calls; false leaves a request untouched to the other door. */
export interface FastDoor {
  takeStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean;
  takeRequest(request: IncomingMessage, response: ServerResponse): boolean;
}

/**
 * The second door to the one pipeline, for unary calls in gRPC and Connect as nearly all are: it writes frames
 * itself, at a fifth of the cost of Connect's handlers. What is unusual about a request shows in its headers and
 * sends it to them; what is wrong with a body is said in their words.
 */
export function createFastDoor(options: FastDoorOptions): FastDoor {
  const methods = unaryMethods(options.routes);
  const { pipeline, shutdownSignal } = options;
  const parts: FastDoorParts = { pipeline, shutdownSignal, deadlines: new PendingDeadlines() };
  const recognise = (path: string | undefined, headers: IncomingHttpHeaders): Recognised | undefined => {
    const method = methods.get(path ?? "");
    const form = method && readRequestForm(headers);
    return form === undefined ? undefined : { method: method as UnaryMethod, form };
  };
  return {
    takeStream(stream, headers) {
      if (headers[":method"] !== "POST") return false;
      const known = recognise(headers[":path"] as string | undefined, headers);
      if (known === undefined) return false;
      new FastCall(parts, known.method, known.form, new Http2Exchange(stream, headers)).start();
      return true;
    },
    takeRequest(request, response) {
      // Without its length announced a body comes in pieces, as only unusual clients send them.
      if (request.method !== "POST" || request.headers["content-length"] === undefined) return false;
      const known = recognise(request.url, request.headers);
      // gRPC ends with trailers, which HTTP/1.1 has only for some.
      if (known === undefined || known.form.form.protocol === "grpc") return false;
      const call = new FastCall(parts, known.method, known.form, new Http1Exchange(request, response));
      // Later, when Node has read on: a refusal before a body that is there already would end the connection.
      queueMicrotask(() => call.start());
      return true;
    },
  };
}

interface Recognised {
  readonly method: UnaryMethod;
  readonly form: RequestForm;
}

/** A handler of requests that gives the fast door the first choice of those over HTTP/1.1; it sees the others as streams. */
export function besideFastDoor(door: FastDoor, otherwise: RequestHandler): RequestHandler {
  return (request, response) => {
    const isTaken =
      request.httpVersionMajor === 1 &&
      door.takeRequest(request as IncomingMessage, response as ServerResponse);
    if (!isTaken) otherwise(request, response);
  };
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request of HTTP/1.1 or HTTP/2. */
export type ServerRequest = IncomingMessage | Http2ServerRequest;

/** The response to a `ServerRequest`. */
export type ServerResponseWriter = ServerResponse | Http2ServerResponse;

/** Answers requests of HTTP/1.1 and HTTP/2 alike; what Connect's adapter and fastify's router are. */
export type RequestHandler = (request: ServerRequest, response: ServerResponseWriter) => void;

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { RequestHandler } from "./request-handler.ts";
import type { ServerLimits } from "./server-limits.ts";
import { reapAnsweredRequest } from "./stream-reaper.ts";

/** The HTTP/1.1 side of a port: it never listens, connections are handed to it by its event "connection". */
export interface Http1Server {
  server: Server;
  /** From now on each reply ends its connection, and idle connections close until the returned stop is called. */
  drain(): () => void;
}

/** How often connections are checked against their time limits. */
const checkMs = 1_000;

/** How often connections that fell idle during a drain are closed. */
const drainCheckMs = 25;

export function createHttp1Server(handler: RequestHandler, limits: ServerLimits): Http1Server {
  let draining = false;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (draining) response.setHeader("Connection", "close");
    reapAnsweredRequest(request, response);
    handler(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(checkMs, limits.headersMs, limits.requestMs),
    },
    answer,
  );
  // Node enforces these times only for a server that has begun to listen.
  server.emit("listening");

  const drain = (): (() => void) => {
    draining = true;
    server.closeIdleConnections();
    const timer = setInterval(() => server.closeIdleConnections(), drainCheckMs);
    return () => {
      clearInterval(timer);
      server.close();
    };
  };
  return { server, drain };
}

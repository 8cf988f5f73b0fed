import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
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
  /** Tells the client not to use a connection again that the server is about to close. */
  class ClosingResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    override writeHead(status: number, ...rest: unknown[]): this {
      const isEarly = isBodyAwaited(this.req);
      if (isEarly) reapAnsweredRequest(this);
      if (draining || isEarly) this.shouldKeepAlive = false;
      return super.writeHead(status, ...(rest as []));
    }
  }
  const server = createServer(
    {
      ServerResponse: ClosingResponse,
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(checkMs, limits.headersMs, limits.requestMs),
    },
    handler,
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

/** A request without a body counts as incomplete, too, until its handler has returned. */
function isBodyAwaited({ complete, headers }: IncomingMessage): boolean {
  return (
    !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
  );
}

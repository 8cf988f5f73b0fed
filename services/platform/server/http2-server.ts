import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { RequestHandler } from "./request-handler.ts";
import type { ServerLimits } from "./server-limits.ts";
import { reapAnsweredStream } from "./stream-reaper.ts";

/**
 * Sees each HTTP/2 request before Node builds its request and response objects. True takes the request: the
 * hook then answers the stream, listens to its "error", and reaps it if it answers before the request's end. False
 * leaves it to the handler, untouched.
 */
export type StreamHook = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

/** The HTTP/2 side of a port: it never listens, connections are handed to it by its event "connection". */
export interface Http2Side {
  server: Http2Server;
  /** The open connections. */
  sessions: ReadonlySet<ServerHttp2Session>;
}

export function createHttp2Server(
  handler: RequestHandler,
  limits: ServerLimits,
  onStream: StreamHook | undefined,
): Http2Side {
  const server = createServer({
    settings: {
      maxConcurrentStreams: limits.maxStreamsPerConnection,
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: limits.streamWindowBytes,
      enablePush: false,
    },
    maxSessionMemory: limits.maxConnectionMemoryMib,
    streamResetBurst: limits.streamResetBurst,
    streamResetRate: limits.streamResetsPerSecond,
  });
  server.on("request", handler);
  interceptStreams(server, onStream);

  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.setLocalWindowSize(limits.connectionWindowBytes);
    session.setTimeout(limits.idleSessionMs, () => retireSession(session));
    if (limits.maxSessionAgeMs > 0) retireAtAge(session, limits.maxSessionAgeMs);
  });
  return { server, sessions };
}

/** From the notice to the end of new calls: longer than a round trip, so that calls on the way are served. */
const noticeMs = 100;

/** Stream ids that clients open are odd and end here (RFC 9113 §5.1.1). */
const lastPossibleStreamId = 2 ** 31 - 1;

/**
 * Asks the client to open no more calls and closes the connection when its last one is done. First comes a
 * notice that refuses nothing, then the binding GOAWAY (RFC 9113 §6.8); calls that are already on their way
 * would fail without the notice.
 */
export function retireSession(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return;
  session.goaway(constants.NGHTTP2_NO_ERROR, lastPossibleStreamId);
  const timer = setTimeout(() => session.close(), noticeMs);
  session.once("close", () => clearTimeout(timer));
}

/** The age varies by ± 10 %, so that connections opened together don't come back together. */
function retireAtAge(session: ServerHttp2Session, ageMs: number): void {
  const timer = setTimeout(() => retireSession(session), ageMs * (0.9 + Math.random() * 0.2));
  session.once("close", () => clearTimeout(timer));
}

/** Puts the hook and the reaper in front of Node's compatibility layer, which is its one "stream" listener. */
function interceptStreams(server: Http2Server, onStream: StreamHook | undefined): void {
  const [toRequest, ...others] = server.listeners("stream");
  if (toRequest === undefined || others.length > 0) {
    throw new Error("This version of Node wires HTTP/2 requests in another way");
  }
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers, ...rest) => {
    if (onStream?.(stream, headers)) return;
    reapAnsweredStream(stream);
    toRequest.call(server, stream, headers, ...rest);
  });
}

/** Servers with small limits, whose streams a test sees. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type ServerHttp2Stream,
} from "node:http2";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import type { RequestHandler, ServerRequest, ServerResponseWriter } from "../request-handler.ts";
import { type RunningServer, startServer } from "../server.ts";
import type { ServerLimits } from "../server-limits.ts";
import { reapAnsweredStream } from "../stream-reaper.ts";

export const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const maxBodyBytes = 1_000;

/** Reads the body up to a bound and answers at once beyond it, as RPC handlers do; "/held" is never answered. */
const bounded: RequestHandler = (request, response) => {
  if (request.url === "/held") return;
  if (request.url === "/iterated") {
    void iterateBounded(request, response);
    return;
  }
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBodyBytes || response.headersSent) return;
    request.pause();
    response.statusCode = 413;
    response.end("too large");
  });
  request.on("end", () => {
    if (!response.headersSent) response.end(String(size));
  });
};

/** The same by iteration, as Connect does: leaving the loop destroys the request. */
async function iterateBounded(request: ServerRequest, response: ServerResponseWriter): Promise<void> {
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBodyBytes) break;
  }
  response.statusCode = size > maxBodyBytes ? 413 : 200;
  response.end(size > maxBodyBytes ? "too large" : String(size));
}

/** Small limits, so that a test need not wait. */
const smallLimits: Partial<ServerLimits> = { firstBytesMs: 150, headersMs: 300, maxHeaderBytes: 4_096 };

export interface WatchedServer {
  server: RunningServer;
  url: string;
  /** HTTP/2 streams that the server has open. */
  streams: Set<ServerHttp2Stream>;
}

export async function startWatchedServer(limits: Partial<ServerLimits>): Promise<WatchedServer> {
  const streams = new Set<ServerHttp2Stream>();
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    handler: bounded,
    limits: { ...smallLimits, ...limits },
    onStream(stream, headers) {
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
      if (headers[":path"] !== "/refused") return false;
      // As a fast path refuses: answered without a look at the body.
      stream.on("error", () => {});
      reapAnsweredStream(stream);
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "8" }));
      stream.end();
      return true;
    },
  });
  return { server, url: `http://127.0.0.1:${server.port}`, streams };
}

export async function startForTest(
  context: TestContext,
  limits: Partial<ServerLimits>,
): Promise<WatchedServer> {
  const watched = await startWatchedServer(limits);
  context.after(() => watched.server.close({ graceMs: 0 }));
  return watched;
}

export function openHttp2(context: TestContext, url: string): ClientHttp2Session {
  // With Node's 10 MiB the client itself refuses its calls after a few oversize bodies that nobody read.
  const session = connectHttp2(url, { maxSessionMemory: 256 });
  session.on("error", () => {});
  context.after(() => session.destroy());
  return session;
}

/** Status and body, or the code of the error. */
export async function outcome(stream: ClientHttp2Stream): Promise<string> {
  let status = 0;
  stream.on("response", (headers) => {
    status = headers[":status"] ?? 0;
  });
  try {
    const body = await text(stream);
    return `${status} ${body}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).message;
  }
}

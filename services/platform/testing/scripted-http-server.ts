/**
 * An HTTP server for tests of clients: it answers as scripted, also in ways that no proper server would.
 */
import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

/** One answer. */
export interface ScriptedReply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Sends the body compressed and says so. */
  readonly compression?: keyof typeof compressions;
  /** A request with this entity tag in If-None-Match is answered 304. */
  readonly etag?: string;
  /** An HTTP date; a request with exactly it in If-Modified-Since is answered 304. */
  readonly lastModified?: string;
  /** What goes wrong on the way. Default: nothing. */
  readonly fault?: HttpFault;
}

export type HttpFault =
  /** Closes the connection instead of an answer. */
  | { readonly kind: "closeWithoutAnswer" }
  /** Never answers. */
  | { readonly kind: "silence" }
  /** Sends the body byte by byte with a pause before each. */
  | { readonly kind: "slowBody"; readonly pauseMs: number }
  /** Repeats the body for as long as the client takes it. */
  | { readonly kind: "endlessBody" }
  /** Announces the whole body, sends its first bytes and closes the connection. */
  | { readonly kind: "truncatedBody"; readonly afterBytes: number }
  /** Announces another length than the body has, sends the body and closes the connection. */
  | { readonly kind: "wrongContentLength"; readonly contentLength: number }
  /** Sends these bytes in place of an HTTP answer and closes the connection. */
  | { readonly kind: "rawBytes"; readonly bytes: string };

/** A request as it came. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A running server. A path without a script is answered 404. */
export interface ScriptedHttpServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or `https://localhost:<port>`. */
  readonly url: string;
  /** Every request so far, the oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Connections taken so far, also those without a request. */
  readonly connectionCount: number;
  /** The answers to requests for this path (without query), in order; the last one goes on for ever. */
  reply(path: string, ...replies: readonly ScriptedReply[]): void;
  /** Redirects `/start/1` → `/start/2` … → `end`, `hops` redirects in all; gives the path of the first. */
  redirectChain(start: string, hops: number, end: string, status?: number): string;
  /** How many requests came for this path. */
  count(path: string): number;
  /** Closes every connection and stops. May be called twice. */
  stop(): Promise<void>;
}

const compressions = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync } as const;
const longestRequestBytes = 16 << 20;

/** Starts a server on a free port of 127.0.0.1; with a certificate it speaks TLS. */
export async function startScriptedHttpServer(
  tls?: Readonly<{ cert: string; key: string }>,
): Promise<ScriptedHttpServer> {
  const scripts = new Map<string, ScriptedReply[]>();
  const requests: RecordedRequest[] = [];
  let connectionCount = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "";
    requests.push({
      method: request.method ?? "",
      path,
      headers: request.headers,
      body: await readBody(request),
    });
    const script = scripts.get(withoutQuery(path)) ?? [];
    const reply = script.length > 1 ? script.shift() : script[0];
    await send(request, response, reply ?? { status: 404, body: "no script for this path" });
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    // A client that leaves while an answer is under way is what many tests are about.
    answer(request, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest);
  server.on("connection", () => connectionCount++).on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const reply: ScriptedHttpServer["reply"] = (path, ...replies) => void scripts.set(path, [...replies]);
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    port,
    url: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    get connectionCount() {
      return connectionCount;
    },
    reply,
    redirectChain: (start, hops, end, status = 302) => {
      for (let hop = 1; hop <= hops; hop++) {
        const location = hop === hops ? end : `${start}/${hop + 1}`;
        reply(`${start}/${hop}`, { status, headers: { location } });
      }
      return `${start}/1`;
    },
    count: (path) => requests.filter((request) => withoutQuery(request.path) === path).length,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > longestRequestBytes) throw new Error("the request is too long");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function send(request: IncomingMessage, response: ServerResponse, reply: ScriptedReply): Promise<void> {
  const { fault, compression } = reply;
  const validators = {
    ...(reply.etag === undefined ? {} : { etag: reply.etag }),
    ...(reply.lastModified === undefined ? {} : { "last-modified": reply.lastModified }),
  };
  if (isUnchanged(request, reply)) {
    response.writeHead(304, validators).end();
    return;
  }
  const plain = Buffer.from(reply.body ?? "");
  const body = compression === undefined ? plain : compressions[compression](plain);
  const headers = {
    ...validators,
    ...(compression === undefined ? {} : { "content-encoding": compression }),
    ...reply.headers,
  };
  const status = reply.status ?? 200;
  if (fault !== undefined) await sendFaulty(response, fault, { status, headers, body });
  else response.writeHead(status, { "content-length": body.length, ...headers }).end(body);
}

function isUnchanged({ headers }: IncomingMessage, { etag, lastModified }: ScriptedReply): boolean {
  // RFC 9110 section 13.1.3: If-Modified-Since does not count beside If-None-Match.
  const asked = headers["if-none-match"];
  if (asked !== undefined) return etag !== undefined && asked === etag;
  return lastModified !== undefined && headers["if-modified-since"] === lastModified;
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

async function sendFaulty(response: ServerResponse, fault: HttpFault, answer: Answer): Promise<void> {
  const { status, headers, body } = answer;
  const announce = (contentLength: number) =>
    response.writeHead(status, { ...headers, "content-length": contentLength, connection: "close" });
  switch (fault.kind) {
    case "closeWithoutAnswer":
      response.destroy();
      return;
    case "silence":
      return;
    case "slowBody":
      announce(body.length);
      for (const byte of body) {
        await sleep(fault.pauseMs);
        await write(response, Buffer.of(byte));
      }
      response.end();
      return;
    case "endlessBody":
      response.writeHead(status, headers);
      for (;;) await write(response, body);
    case "truncatedBody":
      announce(body.length);
      await write(response, body.subarray(0, fault.afterBytes));
      response.socket?.end();
      return;
    case "wrongContentLength":
      announce(fault.contentLength);
      await write(response, body);
      response.socket?.end();
      return;
    case "rawBytes":
      response.socket?.end(fault.bytes, "latin1");
  }
}

/** Resolves when the bytes are on their way; throws when the client has left. */
async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (response.destroyed || response.socket === null) throw new Error("the client has left");
  await new Promise<void>((resolve, reject) => {
    response.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function withoutQuery(path: string): string {
  return path.split("?", 1)[0] ?? "";
}

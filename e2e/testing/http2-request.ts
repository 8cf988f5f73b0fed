import { connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";

/** What came back of a request over HTTP/2. */
export interface Http2Answer {
  /** Header and trailer fields together. */
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Why there is no whole answer; undefined if there is. */
  readonly fault: string | undefined;
}

const answerWithinMs = 60_000;

/** Sends one request on a connection of its own: these headers, these bytes. */
export function requestOverHttp2(
  baseUrl: string,
  headers: OutgoingHttpHeaders,
  bytes: Uint8Array,
): Promise<Http2Answer> {
  return new Promise((resolve) => {
    const session = connect(baseUrl);
    const received: IncomingHttpHeaders = {};
    let body = "";
    let fault: string | undefined;
    const timer = setTimeout(() => finish(`no answer within ${answerWithinMs} ms`), answerWithinMs);
    const finish = (reason?: string) => {
      clearTimeout(timer);
      fault ??= reason;
      session.destroy();
      resolve({ headers: received, body, fault });
    };
    session.on("error", (error) => finish(error.message));
    const stream = session.request({ ":method": "POST", te: "trailers", ...headers });
    stream.setEncoding("utf8");
    stream.on("response", (fields) => Object.assign(received, fields));
    stream.on("trailers", (fields) => Object.assign(received, fields));
    stream.on("data", (chunk: string) => {
      body += chunk;
    });
    stream.on("error", (error: Error) => {
      fault = error.message;
    });
    stream.on("close", () => finish());
    stream.end(bytes);
  });
}

/** A gRPC frame: whether it is compressed, the length it claims, its bytes. */
export function grpcFrame(bytes: Uint8Array, { flags = 0, length = bytes.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

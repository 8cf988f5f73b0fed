import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import {
  create,
  type DescMethod,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createMethodUrl } from "@connectrpc/connect/protocol";
import { validateResponse, validateTrailer } from "@connectrpc/connect/protocol-grpc";
import { compileWriter, type MessageWriter } from "../rpc/fast/message-writer.ts";
import { type Deadline, PendingDeadlines } from "../rpc/fast/pending-deadlines.ts";
import type { Http2Sessions } from "./http2-sessions.ts";

/** Makes one call of one method; rejects with ConnectErrors as Connect's own client would. */
export type UnaryCaller = (
  request: object,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
) => Promise<Message>;

const prefixBytes = 5;

/**
 * The client side of a unary gRPC method with no more around a call than its stream: Connect's client makes a dozen
 * async iterators, three abort signals and a timer for each, at about twice the cost. Connections are the sessions'
 * matter; what is unusual about an answer is judged by Connect's own functions.
 */
export class UnaryCalls {
  readonly #sessions: Http2Sessions;
  readonly #baseUrl: string;
  readonly #maxBytes: number;
  readonly #deadlines = new PendingDeadlines();

  /** `maxBytes` bounds a message that is sent or received. */
  constructor(sessions: Http2Sessions, baseUrl: string, maxBytes: number) {
    this.#sessions = sessions;
    this.#baseUrl = baseUrl;
    this.#maxBytes = maxBytes;
  }

  of(method: DescMethod): UnaryCaller {
    const path = new URL(createMethodUrl(this.#baseUrl, method)).pathname;
    let write: MessageWriter | undefined;
    return async (request, headers, timeoutMs) => {
      const message = create(method.input, request as MessageInitShape<typeof method.input>);
      write ??= compileWriter(method.input) ?? (() => undefined);
      const bytes = write(message) ?? toBinary(method.input, message);
      if (bytes.length > this.#maxBytes)
        throw new ConnectError(`the request has more than ${this.#maxBytes} bytes`, Code.ResourceExhausted);
      const exchange = new UnaryExchange(Date.now() + timeoutMs, this.#maxBytes, this.#deadlines);
      const sent = { ...headers, "grpc-timeout": `${Math.ceil(timeoutMs)}m`, ...fixedHeaders };
      this.#sessions.request("POST", path, sent, {}).then(
        (stream) =>
          exchange.send(stream, frameOf(bytes), () => this.#sessions.notifyResponseByteRead(stream)),
        (error: unknown) => exchange.fail(error),
      );
      return fromBinary(method.output, await exchange.answer);
    };
  }
}

const fixedHeaders = { "content-type": "application/grpc+proto", te: "trailers" } as const;

function frameOf(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(bytes.length + prefixBytes);
  frame[0] = 0;
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, prefixBytes);
  return frame;
}

/** One request with its answer. */
class UnaryExchange implements Deadline {
  readonly dueAtMs: number;
  place = -1;
  /** The bytes of the message. */
  readonly answer: Promise<Uint8Array>;
  readonly #maxBytes: number;
  readonly #deadlines: PendingDeadlines;
  #resolve!: (message: Uint8Array) => void;
  #reject!: (error: ConnectError) => void;
  #stream: ClientHttp2Stream | undefined;
  #isSettled = false;
  #header: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined;
  #trailer: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(dueAtMs: number, maxBytes: number, deadlines: PendingDeadlines) {
    this.dueAtMs = dueAtMs;
    this.#maxBytes = maxBytes;
    this.#deadlines = deadlines;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    deadlines.watch(this);
  }

  send(stream: ClientHttp2Stream, frame: Buffer, onRead: () => void): void {
    this.#stream = stream;
    stream.on("error", (error) => this.fail(cutOff(stream, error)));
    if (this.#isSettled) {
      stream.close(constants.NGHTTP2_CANCEL);
      return;
    }
    stream.on("response", (header) => {
      this.#header = header;
    });
    stream.on("trailers", (trailer) => {
      this.#trailer = trailer;
    });
    stream.on("data", (chunk: Buffer) => {
      onRead();
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      if (this.#size > this.#maxBytes + prefixBytes)
        this.fail(
          new ConnectError(`the answer has more than ${this.#maxBytes} bytes`, Code.ResourceExhausted),
        );
    });
    stream.on("close", () => this.#close());
    stream.end(frame);
  }

  fail(error: unknown): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#reject(ConnectError.from(error, Code.Internal));
    if (this.#stream?.closed === false) this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  onDue(): void {
    this.fail(new ConnectError("the operation timed out", Code.DeadlineExceeded));
  }

  #close(): void {
    if (this.#isSettled) return;
    try {
      const message = this.#message();
      this.#settle();
      this.#resolve(message);
    } catch (error) {
      this.fail(error);
    }
  }

  #settle(): void {
    this.#isSettled = true;
    this.#deadlines.forget(this);
  }

  #message(): Uint8Array {
    if (this.#header === undefined) throw cutOff(this.#stream);
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#size);
    const isPlain = this.#header[":status"] === 200 && this.#header["grpc-encoding"] === undefined;
    if (isPlain && this.#trailer["grpc-status"] === "0" && isOneMessage(body))
      return body.subarray(prefixBytes);
    const header = webHeaders(this.#header);
    const { foundStatus, headerError } = validateResponse(Number(this.#header[":status"]), header);
    if (headerError !== undefined) throw headerError;
    if (!foundStatus && this.#trailer["grpc-status"] === undefined) throw cutOff(this.#stream);
    validateTrailer(webHeaders(this.#trailer), header);
    throw new ConnectError("protocol error: the answer is not one message", Code.Unimplemented);
  }
}

function isOneMessage(body: Buffer): boolean {
  return body.length >= prefixBytes && body[0] === 0 && body.readUInt32BE(1) === body.length - prefixBytes;
}

/** A stream that ended without a status: nothing is known of the call, unless the peer says that it never began. */
function cutOff(stream: ClientHttp2Stream | undefined, cause?: unknown): ConnectError {
  const isRefused = stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM;
  const code = isRefused ? Code.Unavailable : Code.Internal;
  return new ConnectError("the stream ended without a status", code, undefined, undefined, cause);
}

function webHeaders(headers: IncomingHttpHeaders): Headers {
  const web = new Headers();
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(":")) for (const each of [value ?? []].flat()) web.append(name, each);
  return web;
}

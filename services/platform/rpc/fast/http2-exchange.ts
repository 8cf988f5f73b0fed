import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { reapAnsweredStream } from "../../server/stream-reaper.ts";
import { type Exchange, type ExchangeListener, type HttpAnswer, ignoreFault } from "./exchange.ts";

const addresses = new WeakMap<ServerHttp2Session, string>();

/** The address of the other end, asked for once in the life of a connection. */
function addressOf(session: ServerHttp2Session | undefined): string {
  if (session === undefined) return "";
  let address = addresses.get(session);
  if (address === undefined) {
    address = session.destroyed ? "" : (session.socket.remoteAddress ?? "");
    addresses.set(session, address);
  }
  return address;
}

/** Trailers that say that all went well. */
export const okTrailers: OutgoingHttpHeaders = { "grpc-status": "0" };

function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(okTrailers);
}

/** Under which a stream that is watched keeps who is told. */
const listenerOf = Symbol("listener");
type WatchedStream = ServerHttp2Stream & { [listenerOf]?: ExchangeListener | undefined };

function tellChunk(this: WatchedStream, chunk: Buffer): void {
  this[listenerOf]?.onChunk(chunk);
}

function tellEnd(this: WatchedStream): void {
  this[listenerOf]?.onEnd();
}

/**
 * The last that is told. Node's own Map of streams leaves closed ones in memory until the great collection; the call,
 * with all that belongs to it, must not wait for that too.
 */
function tellClose(this: WatchedStream): void {
  const listener = this[listenerOf];
  this[listenerOf] = undefined;
  listener?.onClose();
}

/** A stream of HTTP/2. */
export class Http2Exchange implements Exchange {
  readonly headers: IncomingHttpHeaders;
  readonly #stream: WatchedStream;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream;
    this.headers = headers;
  }

  get address(): string {
    return addressOf(this.#stream.session as ServerHttp2Session | undefined);
  }

  get isClosed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  get isCanceled(): boolean {
    return this.#stream.rstCode === constants.NGHTTP2_CANCEL;
  }

  watch(listener: ExchangeListener): void {
    this.#stream[listenerOf] = listener;
    this.#stream.on("error", ignoreFault);
    this.#stream.on("close", tellClose);
  }

  read(listener: ExchangeListener): void {
    this.#stream.on("data", tellChunk);
    // An empty body may have ended while the gate still decided.
    if (this.#stream.readableEnded) listener.onEnd();
    else this.#stream.on("end", tellEnd);
  }

  send({ status, headers, body, trailers }: HttpAnswer): void {
    const stream = this.#stream;
    if (this.isClosed || stream.headersSent) return;
    if (!stream.readableEnded) reapAnsweredStream(stream);
    headers[":status"] = status;
    stream.respond(headers, trailers === undefined ? undefined : { waitForTrailers: true });
    if (trailers === okTrailers) stream.on("wantTrailers", sendOkTrailers);
    else if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(body);
  }

  cut(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}

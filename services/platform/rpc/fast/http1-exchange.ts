import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type Exchange, type ExchangeListener, type HttpAnswer, ignoreFault } from "./exchange.ts";

/** A request of HTTP/1.1 with its response. */
export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly address: string;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    this.address = request.socket.remoteAddress ?? "";
  }

  get headers(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  get isClosed(): boolean {
    return this.#response.destroyed || this.#response.closed;
  }

  get isCanceled(): boolean {
    return !this.#response.writableEnded;
  }

  watch(listener: ExchangeListener): void {
    this.#request.on("error", ignoreFault);
    this.#response.on("close", () => listener.onClose());
  }

  read(listener: ExchangeListener): void {
    this.#request.on("data", (chunk: Buffer) => listener.onChunk(chunk));
    // An empty body may have ended while the gate still decided.
    if (this.#request.readableEnded) listener.onEnd();
    else this.#request.on("end", () => listener.onEnd());
  }

  send({ status, headers, body }: HttpAnswer): void {
    if (this.isClosed || this.#response.headersSent) return;
    this.#response.writeHead(status, headers);
    this.#response.end(body);
  }

  cut(): void {
    this.#response.destroy();
  }
}

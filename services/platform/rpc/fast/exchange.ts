import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** What happens on an exchange. */
export interface ExchangeListener {
  onChunk(chunk: Buffer): void;
  onEnd(): void;
  onClose(): void;
}

/** An answer in the terms of HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** Empty only with trailers. */
  readonly body: Uint8Array | undefined;
  readonly trailers: OutgoingHttpHeaders | undefined;
}

/** One request with its answer, over either version of HTTP. */
export interface Exchange {
  readonly headers: IncomingHttpHeaders;
  /** The other end of the connection; empty if it is not known. */
  readonly address: string;
  /** Whether nothing can be answered any more. */
  readonly isClosed: boolean;
  /** Whether the caller itself has ended it. */
  readonly isCanceled: boolean;
  /** Tells of the end; nothing is read yet. */
  watch(listener: ExchangeListener): void;
  /** Begins to read the body. */
  read(listener: ExchangeListener): void;
  send(answer: HttpAnswer): void;
  /** Ends it without an answer. */
  cut(): void;
}

/** Faults of a request end it, and its end is heard by "close". */
export function ignoreFault(): void {}

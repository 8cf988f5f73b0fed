import type { OutgoingHttpHeaders } from "node:http";
import type { ConnectError } from "@connectrpc/connect";
import { type Compression, mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { varyByOrigin } from "../../server/cors.ts";
import { wireOptions } from "../wire-options.ts";
import type { HttpAnswer } from "./exchange.ts";
import { okTrailers } from "./http2-exchange.ts";
import { replyCompression } from "./reply-compression.ts";
import type { WireForm } from "./request-form.ts";

/** What an answer is made for. */
export interface AnswerContext {
  readonly form: WireForm;
  /** The compressions that the caller takes, as its header names them. */
  readonly acceptedCompressions: string | undefined;
  /** Undefined if the gate refused. */
  readonly requestId: string | undefined;
}

/** An answer with a message, or with the error that making it met. */
export function messageAnswer(context: AnswerContext, bytes: Uint8Array): HttpAnswer | Promise<HttpAnswer> {
  const compression = replyCompression(context.acceptedCompressions);
  const isCompressed = compression !== null && bytes.length >= wireOptions.compressMinBytes;
  if (context.form.protocol === "grpc") {
    const headers = grpcHeaders(context, compression);
    if (!isCompressed) return grpcMessage(headers, 0, bytes);
    return compression.compress(bytes).then((smaller) => grpcMessage(headers, 1, smaller));
  }
  return connectAnswer(200, connectHeaders(context, context.form.contentType), bytes, compression);
}

/** An answer with an error. */
export function errorAnswer(context: AnswerContext, error: ConnectError): HttpAnswer | Promise<HttpAnswer> {
  const compression = replyCompression(context.acceptedCompressions);
  if (context.form.protocol === "grpc") {
    const trailers = Object.fromEntries(setTrailerStatus(new Headers(), error));
    return { status: 200, headers: grpcHeaders(context, compression), body: undefined, trailers };
  }
  const headers = connectHeaders(context, "application/json");
  const metadata = new Headers();
  mergeNonProtocolHeaders(metadata, error.metadata);
  Object.assign(headers, Object.fromEntries(metadata));
  const bytes = errorToJsonBytes(error, undefined);
  return connectAnswer(codeToHttpStatus(error.code), headers, bytes, compression);
}

function grpcHeaders(context: AnswerContext, compression: Compression | null): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { vary: varyByOrigin, "content-type": context.form.contentType };
  if (compression !== null) headers["grpc-encoding"] = compression.name;
  if (context.requestId !== undefined) headers["x-request-id"] = context.requestId;
  return headers;
}

function grpcMessage(headers: OutgoingHttpHeaders, flags: number, bytes: Uint8Array): HttpAnswer {
  const frame = Buffer.allocUnsafe(bytes.length + 5);
  frame[0] = flags;
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, 5);
  return { status: 200, headers, body: frame, trailers: okTrailers };
}

function connectHeaders({ requestId }: AnswerContext, contentType: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { vary: varyByOrigin, "content-type": contentType };
  if (requestId !== undefined) headers["x-request-id"] = requestId;
  return headers;
}

function connectAnswer(
  status: number,
  headers: OutgoingHttpHeaders,
  bytes: Uint8Array,
  compression: Compression | null,
): HttpAnswer | Promise<HttpAnswer> {
  if (compression === null || bytes.length < wireOptions.compressMinBytes)
    return withLength(status, headers, bytes);
  headers["content-encoding"] = compression.name;
  return compression.compress(bytes).then((smaller) => withLength(status, headers, smaller));
}

function withLength(status: number, headers: OutgoingHttpHeaders, bytes: Uint8Array): HttpAnswer {
  headers["content-length"] = String(bytes.length);
  return { status, headers, body: bytes, trailers: undefined };
}

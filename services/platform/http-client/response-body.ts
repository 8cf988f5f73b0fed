import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { OutboundError } from "./outbound-error.ts";

/** What a request says it can take; deflate is left out, since servers disagree about what it is. */
export const acceptedEncodings = "gzip, br";

const decoders = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
} as const;

/** The headers that say how a body comes. */
export interface BodyHeaders {
  readonly contentEncoding: string;
  readonly contentLength: string;
}

/**
 * Reads a body, decompressed if it is compressed, and stops as soon as it exceeds the bound.
 *
 * @throws OutboundError TOO_LARGE or INVALID_RESPONSE; what the stream throws passes through.
 */
export async function readResponseBody(
  body: Readable,
  { contentEncoding, contentLength }: BodyHeaders,
  maxBytes: number,
): Promise<Buffer> {
  const encoding = contentEncoding.trim().toLowerCase();
  const isPlain = encoding === "" || encoding === "identity";
  if (!isPlain && !(encoding in decoders)) {
    throw new OutboundError("INVALID_RESPONSE", "the body is encoded in a way that was not asked for");
  }
  if (Number(contentLength) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of bounded(source, maxBytes)) chunks.push(chunk);
  };
  if (isPlain) await pipeline(body, collect);
  else {
    const decoder = decoders[encoding as keyof typeof decoders]();
    await pipeline(body, (source: AsyncIterable<Buffer>) => bounded(source, maxBytes), decoder, collect);
  }
  return Buffer.concat(chunks);
}

async function* bounded(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function tooLarge(maxBytes: number): OutboundError {
  return new OutboundError("TOO_LARGE", `the answer is larger than ${maxBytes} bytes`);
}

/**
 * A body as text, in the charset that its content type names, else UTF-8; a byte order mark is dropped.
 *
 * @throws OutboundError INVALID_RESPONSE if the charset is unknown or the bytes are not in it.
 */
export function decodeText(body: Buffer, contentType: string): string {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch (cause) {
    throw new OutboundError("INVALID_RESPONSE", "the body is not text in the charset that it names", {
      cause,
    });
  }
}

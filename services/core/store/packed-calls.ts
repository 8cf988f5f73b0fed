import type { RedisArgument } from "#platform/redis/redis.ts";

/** One operation of a batch, as the function of that name takes it. */
export interface PackedCall {
  /** Name without the library's prefix. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** First bytes of a list and of a text in MessagePack, each followed by a length of four bytes. */
const listByte = 0xdd;
const textByte = 0xdb;
const headBytes = 5;
/** UTF-8 has at most three bytes for each unit of a text. */
const mostBytesPerUnit = 3;
/** Texts up to this length are cheaper to copy here than by a call into the engine. */
const shortText = 40;

/**
 * Operations in MessagePack, as `functions/batch.lua` reads them: a list of { name, number of keys, argument … }.
 * As single arguments they would cost the client several times as much, above all the binary ones.
 */
export function packCalls(calls: readonly PackedCall[]): Buffer {
  const counts = calls.map(({ keys }) => String(keys.length));
  let most = headBytes;
  for (const [index, { name, args }] of calls.entries()) {
    most += headBytes + mostBytesOf(name) + mostBytesOf(counts[index]!);
    for (const argument of args) most += mostBytesOf(argument);
  }
  const bytes = Buffer.allocUnsafe(most);
  let at = writeHead(bytes, 0, listByte, calls.length);
  for (const [index, { name, args }] of calls.entries()) {
    at = writeHead(bytes, at, listByte, args.length + 2);
    at = writeText(bytes, at, name);
    at = writeText(bytes, at, counts[index]!);
    for (const argument of args)
      at = typeof argument === "string" ? writeText(bytes, at, argument) : writeBytes(bytes, at, argument);
  }
  return bytes.subarray(0, at);
}

/** The most bytes that an argument takes. */
export function mostBytesOf(argument: RedisArgument): number {
  return headBytes + argument.length * (typeof argument === "string" ? mostBytesPerUnit : 1);
}

function writeHead(bytes: Buffer, at: number, first: number, length: number): number {
  bytes[at] = first;
  bytes.writeUInt32BE(length, at + 1);
  return at + headBytes;
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const start = at + headBytes;
  const length = text.length <= shortText ? writeAscii(bytes, start, text) : -1;
  const written = length === -1 ? bytes.write(text, start, "utf8") : length;
  writeHead(bytes, at, textByte, written);
  return start + written;
}

/** Writes a text of ASCII; −1 if it is not. */
function writeAscii(bytes: Buffer, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return -1;
    bytes[at + index] = unit;
  }
  return text.length;
}

function writeBytes(bytes: Buffer, at: number, value: Buffer): number {
  const start = writeHead(bytes, at, textByte, value.length);
  bytes.set(value, start);
  return start + value.length;
}

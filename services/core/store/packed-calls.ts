import type { RedisArgument } from "#platform/redis/redis.ts";

/** One operation of a batch, as the function of that name takes it. */
export interface PackedCall {
  /** Name without the library's prefix. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** A call with what it takes at most. */
export interface SizedCall extends PackedCall {
  /** From {@link mostBytesOf}. */
  readonly mostBytes: number;
}

/** First bytes of a list and of a text in MessagePack, each followed by a length of four bytes. */
const listByte = 0xdd;
const textByte = 0xdb;
const headBytes = 5;
/** UTF-8 has at most three bytes for each unit of a text. */
const mostBytesPerUnit = 3;
/** A number of keys: as many digits as a list can need. */
const mostBytesOfCount = headBytes + 10;
/** Texts up to this length are cheaper to copy here than by a call into the engine. */
const shortText = 40;

/**
 * Operations in MessagePack, as `functions/batch.lua` reads them: a list of { name, number of keys, argument … }.
 * As single arguments they would cost the client several times as much, above all the binary ones.
 */
export function packCalls(calls: readonly SizedCall[]): Buffer {
  let most = headBytes;
  for (const call of calls) most += call.mostBytes;
  const bytes = Buffer.allocUnsafe(most);
  let at = writeHead(bytes, 0, listByte, calls.length);
  for (const { name, keys, args } of calls) {
    at = writeHead(bytes, at, listByte, args.length + 2);
    at = writeText(bytes, at, name);
    at = writeText(bytes, at, String(keys.length));
    for (const argument of args)
      at = typeof argument === "string" ? writeText(bytes, at, argument) : writeBytes(bytes, at, argument);
  }
  return bytes.subarray(0, at);
}

/** The most bytes that a call takes in a batch. */
export function mostBytesOf({ name, args }: PackedCall): number {
  let most = headBytes + mostBytesOfArgument(name) + mostBytesOfCount;
  for (const argument of args) most += mostBytesOfArgument(argument);
  return most;
}

function mostBytesOfArgument(argument: RedisArgument): number {
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

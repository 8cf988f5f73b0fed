import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  createAsyncIterable,
  createWritableIterable,
  pipe,
  readAllBytes,
  transformDecompressEnvelope,
  transformParseEnvelope,
  transformSplitEnvelope,
} from "@connectrpc/connect/protocol";
import type { MessageCodec } from "./unary-methods.ts";

/** Takes the body of a request; both throw what is wrong with it, or reject, as soon as it is known. */
export interface RequestBody {
  /** Takes a part. A promise means that Connect's own reader has taken over: it gives the message. */
  add(chunk: Buffer): Promise<Message> | undefined;
  /** The end of the body: the message, unless `add` has promised it. */
  end(): Message | Promise<Message> | undefined;
}

/** What of a body has come, and the rest on its way to Connect's reader. */
abstract class CollectedBody implements RequestBody {
  protected readonly chunks: Buffer[] = [];
  protected size = 0;
  protected readonly codec: MessageCodec;
  protected readonly maxBytes: number;
  #rest: ReturnType<typeof createWritableIterable<Uint8Array>> | undefined;

  constructor(codec: MessageCodec, maxBytes: number) {
    this.codec = codec;
    this.maxBytes = maxBytes;
  }

  add(chunk: Buffer): Promise<Message> | undefined {
    if (this.#rest !== undefined) {
      // Fails when the reader has ended with an error, which is the answer already.
      this.#rest.write(chunk).catch(() => {});
      return undefined;
    }
    this.chunks.push(chunk);
    this.size += chunk.length;
    return this.isOdd() ? this.#handOver() : undefined;
  }

  end(): Message | Promise<Message> | undefined {
    if (this.#rest !== undefined) {
      this.#rest.close();
      return undefined;
    }
    const message = this.finish();
    if (message !== undefined) return message;
    return this.#handOver(true);
  }

  /** Whether what has come is not the beginning of one plain message. */
  protected abstract isOdd(): boolean;
  /** The message; undefined if what has come is not exactly one. */
  protected abstract finish(): Message | undefined;
  /** Connect's own reader. */
  protected abstract readAsConnect(source: AsyncIterable<Uint8Array>): Promise<Message>;

  protected bytes(): Buffer {
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.size);
  }

  #handOver(isWhole = false): Promise<Message> {
    this.#rest = createWritableIterable<Uint8Array>();
    if (isWhole) this.#rest.close();
    return this.readAsConnect(inOrder(createAsyncIterable(this.chunks), this.#rest));
  }
}

async function* inOrder<T>(...sources: AsyncIterable<T>[]): AsyncGenerator<T> {
  for (const source of sources) yield* source;
}

const prefixBytes = 5;

/** One length-prefixed message of gRPC. */
export class EnvelopeBody extends CollectedBody {
  /** With the prefix; 0 until the prefix is there. */
  #expectedBytes = 0;
  #message: Message | undefined;

  protected isOdd(): boolean {
    if (this.#expectedBytes === 0) {
      if (this.size < prefixBytes) return false;
      const start = this.bytes();
      const length = start.readUInt32BE(1);
      if (start[0] !== 0 || length > this.maxBytes) return true;
      this.#expectedBytes = prefixBytes + length;
    }
    if (this.size < this.#expectedBytes) return false;
    if (this.size > this.#expectedBytes) return true;
    this.#message ??= this.codec.parse(this.bytes().subarray(prefixBytes));
    return false;
  }

  protected finish(): Message | undefined {
    return this.#message;
  }

  protected async readAsConnect(source: AsyncIterable<Uint8Array>): Promise<Message> {
    const messages = pipe(
      source,
      transformSplitEnvelope(this.maxBytes),
      transformDecompressEnvelope(null, this.maxBytes),
      transformParseEnvelope<Message>(this.codec),
    )[Symbol.asyncIterator]();
    const first = await messages.next();
    if (first.done) throw wrongCount("missing input message");
    const second = await messages.next();
    if (!second.done) throw wrongCount("received extra input message");
    return first.value;
  }
}

function wrongCount(what: string): ConnectError {
  return new ConnectError(`protocol error: ${what} for unary method`, Code.Unimplemented);
}

/** The body of a unary call of Connect: the message and nothing else. */
export class PlainBody extends CollectedBody {
  readonly #contentLength: string | undefined;
  readonly #expectedBytes: number;

  constructor(codec: MessageCodec, maxBytes: number, contentLength: string | undefined) {
    super(codec, maxBytes);
    this.#contentLength = contentLength;
    this.#expectedBytes = contentLength === undefined ? Number.NaN : Number(contentLength);
  }

  protected isOdd(): boolean {
    return this.size > this.maxBytes || this.size > this.#expectedBytes;
  }

  protected finish(): Message | undefined {
    const isWhole = this.#contentLength === undefined || this.size === this.#expectedBytes;
    return isWhole ? this.codec.parse(this.bytes()) : undefined;
  }

  protected async readAsConnect(source: AsyncIterable<Uint8Array>): Promise<Message> {
    return this.codec.parse(await readAllBytes(source, this.maxBytes, this.#contentLength));
  }
}

/** Bytes that are not written as writers nearly always do, or no message at all: the library reads them, or says why not. */
export class OddBytes extends Error {
  override readonly name = "OddBytes";
}

const replacement = "\ufffd";
const noBytes = Buffer.alloc(0);

/**
 * Reads protobuf from the start of a buffer to its end. What would have to be understood rather than read (numbers
 * beyond 49 bits, texts that are no UTF-8, a part that overruns the whole) is odd.
 */
export class ForwardReader {
  #bytes: Buffer = noBytes;
  /** Where it reads next. */
  at = 0;

  /** Begins with other bytes. */
  start(bytes: Buffer): void {
    this.#bytes = bytes;
    this.at = 0;
  }

  /** Keeps nothing of them. */
  finish(): void {
    this.#bytes = noBytes;
  }

  /** A whole number of at most 49 bits; also a tag. */
  varint(): number {
    const bytes = this.#bytes;
    const first = bytes[this.at++];
    if (first === undefined) throw new OddBytes();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let factor = 0x80; factor < 2 ** 49; factor *= 0x80) {
      const next = bytes[this.at++];
      if (next === undefined) throw new OddBytes();
      value += (next & 0x7f) * factor;
      if (next < 0x80) return value;
    }
    throw new OddBytes();
  }

  /** The end of a part that begins with its length and lies within a whole. */
  endOfPart(endOfWhole: number): number {
    const length = this.varint();
    const end = this.at + length;
    if (end > endOfWhole) throw new OddBytes();
    return end;
  }

  int32(): number {
    const value = this.varint();
    if (value > 0x7fffffff) throw new OddBytes();
    return value;
  }

  uint32(): number {
    const value = this.varint();
    if (value > 0xffffffff) throw new OddBytes();
    return value;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Of both 64-bit types. */
  int64(): bigint {
    return BigInt(this.varint());
  }

  bool(): boolean {
    const value = this.varint();
    if (value > 1) throw new OddBytes();
    return value === 1;
  }

  /** A text that begins with its length and lies within a whole. */
  text(endOfWhole: number): string {
    const end = this.endOfPart(endOfWhole);
    const start = this.at;
    this.at = end;
    if (start === end) return "";
    const bytes = this.#bytes;
    for (let index = start; index < end; index++) if (bytes[index]! > 0x7f) return this.#utf8(start, end);
    return bytes.toString("latin1", start, end);
  }

  /** The engine puts a mark where bytes are no UTF-8; whether a mark is one of the text itself the library knows. */
  #utf8(start: number, end: number): string {
    const text = this.#bytes.toString("utf8", start, end);
    if (text.includes(replacement)) throw new OddBytes();
    return text;
  }
}

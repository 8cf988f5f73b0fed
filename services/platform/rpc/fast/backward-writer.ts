/** A message that is no plain one, or a value of another type than its field: the library writes it, or says why not. */
export class OddMessage extends Error {
  override readonly name = "OddMessage";
}

const firstBytes = 4_096;
/** More is given back after the message, so that one large answer does not stay in memory. */
const keptBytes = 1 << 20;
/** Longer texts are written by the engine. */
const shortText = 64;
const utf8BytesPerUnit = 3;
const varintBytes = 10;

/**
 * Writes protobuf from the end of a buffer to its start: the length of a nested message is known once it is written,
 * so nothing is moved and nothing is measured first. One buffer serves all messages.
 */
export class BackwardWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  #at = firstBytes;
  /** The last message noted, and its place from the end of the buffer. */
  #noted: object | undefined;
  #notedFrom = 0;
  #notedTo = 0;

  /** What has been written so far. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** A copy of what was written; the writer begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const message = Buffer.allocUnsafe(this.length);
    this.#bytes.copy(message, 0, this.#at);
    this.reset();
    return message;
  }

  reset(): void {
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes);
    this.#at = this.#bytes.length;
    this.#noted = undefined;
  }

  /** A whole number from 0 to 2^53 − 1. */
  varint(value: number): void {
    if (this.#at < varintBytes) this.#grow(varintBytes);
    const bytes = this.#bytes;
    if (value < 0x80) {
      bytes[--this.#at] = value;
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.#at -= size;
    let rest = value;
    for (let index = 0; index < size - 1; index++) {
      bytes[this.#at + index] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    bytes[this.#at + size - 1] = rest;
  }

  /** A signed number of 32 bits; a negative one takes ten bytes, as the format has it. */
  int32(value: number): void {
    if ((value | 0) !== value) throw new OddMessage();
    if (value >= 0) this.varint(value);
    else this.#wide(BigInt.asUintN(64, BigInt(value)));
  }

  sint32(value: number): void {
    if ((value | 0) !== value) throw new OddMessage();
    this.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw new OddMessage();
    this.varint(value);
  }

  int64(value: bigint): void {
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) throw new OddMessage();
    if (value >= 0n && value <= Number.MAX_SAFE_INTEGER) this.varint(Number(value));
    else this.#wide(BigInt.asUintN(64, value));
  }

  uint64(value: bigint): void {
    if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) throw new OddMessage();
    if (value <= Number.MAX_SAFE_INTEGER) this.varint(Number(value));
    else this.#wide(value);
  }

  bool(value: boolean): void {
    if (typeof value !== "boolean") throw new OddMessage();
    this.varint(value ? 1 : 0);
  }

  /** A text with its length. */
  text(value: string): void {
    if (typeof value !== "string") throw new OddMessage();
    const length = value.length;
    if (this.#at < length * utf8BytesPerUnit) this.#grow(length * utf8BytesPerUnit);
    if (length <= shortText && this.#ascii(value)) {
      this.varint(length);
      return;
    }
    const size = Buffer.byteLength(value, "utf8");
    this.#at -= size;
    this.#bytes.write(value, this.#at, "utf8");
    this.varint(size);
  }

  #ascii(value: string): boolean {
    const start = this.#at - value.length;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) return false;
      this.#bytes[start + index] = unit;
    }
    this.#at = start;
    return true;
  }

  /** Notes that the bytes written since `from` are this message. */
  note(message: object, from: number): void {
    this.#noted = message;
    this.#notedFrom = from;
    this.#notedTo = this.length;
  }

  /** Writes the message that was noted last once more; false if it is another one. */
  repeat(message: object): boolean {
    if (message !== this.#noted) return false;
    const size = this.#notedTo - this.#notedFrom;
    if (this.#at < size) this.#grow(size);
    const start = this.#bytes.length - this.#notedTo;
    this.#bytes.copyWithin(this.#at - size, start, start + size);
    this.#at -= size;
    return true;
  }

  #wide(value: bigint): void {
    const groups: number[] = [];
    for (let rest = value; rest > 0n; rest >>= 7n) groups.push(Number(rest & 0x7fn));
    if (this.#at < groups.length) this.#grow(groups.length);
    const last = groups.length - 1;
    for (let index = last; index >= 0; index--)
      this.#bytes[--this.#at] = groups[index]! | (index === last ? 0 : 0x80);
  }

  #grow(needed: number): void {
    const length = this.length;
    const larger = Buffer.allocUnsafeSlow(2 * Math.max(this.#bytes.length, length + needed));
    this.#at = larger.length - length;
    this.#bytes.copy(larger, this.#at, this.#bytes.length - length);
    this.#bytes = larger;
  }
}

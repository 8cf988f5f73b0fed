import { hash } from "node:crypto";

/** What makes a call repeatable. */
export interface Idempotency {
  /** Name of the RPC, for example `Charge`; a key is unique per account and method. */
  readonly method: string;
  /** The caller's key, 1 to 255 visible characters. */
  readonly key: string;
  /** From {@link fingerprintOf}. */
  readonly fingerprint: Buffer;
}

const digestBytes = 16;

/**
 * Digest of a request as sent, in canonical JSON: sorted names, normalised decimals, without the key. Two
 * requests with one key must have the same. SHA-256, of which 128 bits are kept.
 */
export function fingerprintOf(canonicalJson: string): Buffer {
  return digestOf(canonicalJson);
}

/** Digest under which a key's record stands. Neither part can contain the separator. */
export function idempotencyField({ method, key }: Pick<Idempotency, "method" | "key">): Buffer {
  return digestOf(`${method}\u0000${key}`);
}

/** By way of a text, at a third less: Node makes an ArrayBuffer of its own for each digest in bytes. */
function digestOf(text: string): Buffer {
  return Buffer.from(hash("sha256", text, "binary").slice(0, digestBytes), "latin1");
}

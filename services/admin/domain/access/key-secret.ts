import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const idPrefix = "ak_";
const secretForm = /^hfk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export function createKeyId(): string {
  return `${idPrefix}${randomBytes(8).toString("hex")}`;
}

/**
 * A new secret for a key: `hfk_<id>_<256 random bits>`. It names the key's id, so that its record is found
 * without a search.
 */
export function createSecret(keyId: string): string {
  return `hfk_${keyId.slice(idPrefix.length)}_${randomBytes(32).toString("base64url")}`;
}

/** The id that a secret names; undefined if it has another form. */
export function keyIdIn(secret: string): string | undefined {
  const id = secretForm.exec(secret)?.[1];
  return id === undefined ? undefined : `${idPrefix}${id}`;
}

/** What is kept of a secret. Its 256 random bits need no slow hash: nobody can try them out. */
export function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Compares two digests in constant time. */
export function isSameDigest(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

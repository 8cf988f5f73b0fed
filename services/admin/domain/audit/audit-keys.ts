import { createHash, createHmac, hkdfSync } from "node:crypto";

/** The keys of the audit log's HMACs. */
export interface AuditKeys {
  /** The one that new entries are sealed with. */
  readonly current: AuditKey;
  /** A key by its id, also an earlier one; undefined if it is not configured any more. */
  find(keyId: string): AuditKey | undefined;
}

/** One key. */
export interface AuditKey {
  /** From the key itself, so that nobody has to number them. */
  readonly id: string;
  /** HMAC-SHA256, hexadecimal. */
  sign(text: string): string;
}

/**
 * Derives the keys from secrets by HKDF (RFC 5869).
 *
 * @param secrets the current one, then those that earlier entries were sealed with.
 */
export function createAuditKeys([current, ...earlier]: readonly [string, ...string[]]): AuditKeys {
  const currentKey = deriveKey(current);
  const keys = new Map([currentKey, ...earlier.map(deriveKey)].map((key) => [key.id, key]));
  return { current: currentKey, find: (keyId) => keys.get(keyId) };
}

function deriveKey(secret: string): AuditKey {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "holdfast audit log", 32));
  return {
    id: createHash("sha256").update("key id").update(key).digest("hex").slice(0, 16),
    sign: (text) => createHmac("sha256", key).update(text).digest("hex"),
  };
}

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from "node:crypto";
import type { ChannelTarget, SealedTarget, StoredTarget } from "../../store/alerting/channel-record.ts";

/** A target was sealed with a key that is not configured, or is not what its key sealed. */
export class TargetSealed extends Error {
  override readonly name = "TargetSealed";
}

/** Seals what is secret about channels, so that whoever reads Redis cannot use it. */
export interface ChannelSeal {
  /** The target as it is kept; one without secrets stays as it is. */
  seal(channelId: string, target: ChannelTarget): StoredTarget;
  /** @throws TargetSealed. */
  open(channelId: string, stored: StoredTarget): ChannelTarget;
  /** Whether it has secrets that are in clear, or sealed with an earlier key. */
  isOutdated(stored: StoredTarget): boolean;
}

interface SealKey {
  /** From the key itself, so that nobody has to number them. */
  readonly id: string;
  readonly encryption: Buffer;
  readonly nonces: Buffer;
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals with AES-256-GCM under keys that HKDF (RFC 5869) derives from the secrets. The id of the channel is
 * authenticated with it: a target put into another channel does not open.
 *
 * The nonce is an HMAC of what is sealed, so that the same target makes the same text (by that a repeated request
 * is recognised) and two different ones never share a nonce. All it tells is whether a target changed.
 *
 * @param secrets the current one, then those that earlier targets were sealed with.
 */
export function createChannelSeal([current, ...earlier]: readonly [string, ...string[]]): ChannelSeal {
  const currentKey = deriveKey(current);
  const keys = new Map([...earlier.map(deriveKey), currentKey].map((key) => [key.id, key]));
  return {
    seal(channelId, target) {
      const shown = withoutSecrets(target);
      if (isSame(shown, target)) return target;
      const data = encrypt(currentKey, channelId, JSON.stringify(target));
      const isSigned = target.kind === "webhook" && target.signingSecret !== "";
      return { kind: "sealed", shown, isSigned, key: currentKey.id, data };
    },
    open(channelId, stored) {
      if (stored.kind !== "sealed") return stored;
      const key = keys.get(stored.key);
      if (key === undefined)
        throw new TargetSealed(
          `the secrets of channel ${channelId} are sealed with the key ${stored.key}, which neither CHANNEL_KEY nor CHANNEL_KEYS_PREVIOUS has`,
        );
      return decrypt(key, channelId, stored);
    },
    isOutdated: (stored) =>
      stored.kind === "sealed" ? stored.key !== currentKey.id : !isSame(withoutSecrets(stored), stored),
  };
}

/** A target as it may be shown: without a signing secret, credentials in an address, and all but the origin of Slack's. */
export function withoutSecrets(target: ChannelTarget): ChannelTarget {
  switch (target.kind) {
    case "webhook":
      return { ...target, url: withoutCredentials(target.url), signingSecret: "" };
    case "slack":
      return { ...target, url: URL.parse(target.url)?.origin ?? "" };
    case "log":
      return target;
  }
}

function withoutCredentials(address: string): string {
  const url = URL.parse(address);
  if (url === null || (url.username === "" && url.password === "")) return address;
  url.username = "";
  url.password = "";
  return url.href;
}

function isSame(left: ChannelTarget, right: ChannelTarget): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function deriveKey(secret: string): SealKey {
  const derived = Buffer.from(hkdfSync("sha256", secret, "", "holdfast channel secrets", 64));
  const encryption = derived.subarray(0, 32);
  return {
    id: createHash("sha256").update("key id").update(encryption).digest("hex").slice(0, 16),
    encryption,
    nonces: derived.subarray(32),
  };
}

function encrypt({ encryption, nonces }: SealKey, channelId: string, text: string): string {
  const nonce = createHmac("sha256", nonces)
    .update(JSON.stringify([channelId, text]))
    .digest()
    .subarray(0, nonceBytes);
  const cipher = createCipheriv(algorithm, encryption, nonce);
  cipher.setAAD(Buffer.from(channelId));
  const sealed = [cipher.update(text, "utf8"), cipher.final()];
  return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString("base64url");
}

function decrypt({ id, encryption }: SealKey, channelId: string, { data }: SealedTarget): ChannelTarget {
  try {
    const bytes = Buffer.from(data, "base64url");
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv(algorithm, encryption, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(channelId));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    return JSON.parse(text.toString("utf8")) as ChannelTarget;
  } catch (error) {
    throw new TargetSealed(
      `the secrets of channel ${channelId} are not as the key ${id} sealed them: they were altered, or moved from another channel`,
      { cause: error },
    );
  }
}

import { type Static, Type } from "typebox";
import type { StoredDocument } from "#platform/documents/document.ts";
import { DocumentCollection } from "#platform/documents/document-collection.ts";
import { recordCodec } from "#platform/documents/record-codec.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { adminTag } from "./admin-tag.ts";

const timeMs = Type.Integer({ minimum: 0 });

const adminKeyRecord = Type.Object({
  name: Type.String(),
  role: Type.Enum(["viewer", "support", "finance", "admin"]),
  /** SHA-256 of the secret. */
  digest: Type.String(),
  lastCharacters: Type.String(),
  createdAtMs: timeMs,
  createdByKeyId: Type.String(),
  expiresAtMs: timeMs,
  rotatedAtMs: Type.Optional(timeMs),
  /** The secret before the rotation, and until when it works. */
  previous: Type.Optional(Type.Object({ digest: Type.String(), validUntilMs: timeMs })),
  revokedAtMs: Type.Optional(timeMs),
});
/** An admin key as it is kept, by its id. */
export type AdminKeyRecord = Static<typeof adminKeyRecord>;

/** When a key was used last, and from where. */
export interface LastUse {
  readonly atMs: number;
  readonly address: string;
}

const lastUseKey = `{${adminTag}}:admin-key-last-use`;

/** Admin keys, and beside them when each was used last: that changes too often to be a version of the key. */
export class AdminKeyStore {
  readonly #redis: Redis;
  readonly #keys: DocumentCollection<AdminKeyRecord>;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.#keys = new DocumentCollection({
      redis,
      tag: adminTag,
      name: "admin-keys",
      codec: recordCodec(adminKeyRecord),
    });
  }

  get(keyId: string): Promise<StoredDocument<AdminKeyRecord> | undefined> {
    return this.#keys.get(keyId);
  }

  /** @throws CommonError VERSION_MISMATCH if the key has another version; 0 creates it. */
  put(
    keyId: string,
    record: AdminKeyRecord,
    expectedVersion: number,
  ): Promise<StoredDocument<AdminKeyRecord>> {
    return this.#keys.put(keyId, record, expectedVersion);
  }

  /** All keys, in no order that means anything. */
  async readAll(): Promise<ReadonlyArray<StoredDocument<AdminKeyRecord>>> {
    return (await this.#keys.readAll()).documents;
  }

  async noteUse(keyId: string, { atMs, address }: LastUse): Promise<void> {
    await this.#redis.command(lastUseKey, ["HSET", lastUseKey, keyId, `${atMs} ${address}`]);
  }

  /** In the order of the ids; undefined where a key was never used. */
  async lastUses(keyIds: readonly string[]): Promise<ReadonlyArray<LastUse | undefined>> {
    if (keyIds.length === 0) return [];
    const found = await this.#redis.command<Array<string | null>>(lastUseKey, [
      "HMGET",
      lastUseKey,
      ...keyIds,
    ]);
    return found.map((text) => {
      if (text === null) return undefined;
      const [atMs = "", address = ""] = text.split(" ");
      return { atMs: Number(atMs), address };
    });
  }
}

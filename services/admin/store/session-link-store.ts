import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { Redis } from "#platform/redis/redis.ts";
import { adminTag } from "./admin-tag.ts";

/** What a one-time link stands for: the rights of the session that it begins. No token that would work elsewhere. */
export const sessionLink = Type.Object({
  /** By which the rights are revoked. */
  tokenId: Type.String(),
  subject: Type.String(),
  scopes: Type.Array(Type.String()),
  accountId: Type.String(),
  /** When the rights end, epoch milliseconds. */
  expiresAtMs: Type.Integer({ minimum: 0 }),
});
export type SessionLink = Static<typeof sessionLink>;

const linkKey = (digest: string) => `{${adminTag}}:session-link:${digest}`;

/** One-time links, each under the digest of its secret until it is used or its time is over. */
export class SessionLinkStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async add(digest: string, link: SessionLink, ttlMs: number): Promise<void> {
    const key = linkKey(digest);
    await this.#redis.command(key, ["SET", key, JSON.stringify(link), "PX", String(ttlMs)]);
  }

  /** Gives the link to one caller only; undefined if it is unknown, was used, or its time is over. */
  async take(digest: string): Promise<SessionLink | undefined> {
    const key = linkKey(digest);
    const text = await this.#redis.command<string | null>(key, ["GETDEL", key]);
    return text === null ? undefined : Value.Parse(sessionLink, JSON.parse(text));
  }
}

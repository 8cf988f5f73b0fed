import type { Redis } from "#platform/redis/redis.ts";
import { adminTag } from "./admin-tag.ts";

/** What a one-time link stands for. */
export interface SessionLink {
  /** The token of the session that it begins. */
  readonly token: string;
  readonly accountId: string;
}

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
    return text === null ? undefined : (JSON.parse(text) as SessionLink);
  }
}

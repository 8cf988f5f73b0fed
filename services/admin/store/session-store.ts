import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { Redis } from "#platform/redis/redis.ts";
import { adminTag } from "./admin-tag.ts";
import { sessionLink } from "./session-link-store.ts";

const sessionRecord = Type.Object({
  /** What the session began with: an admin key by its id, or a one-time link by what it stands for. */
  origin: Type.Union([Type.Object({ keyId: Type.String() }), Type.Object({ link: sessionLink })]),
  /** When it ends at the latest, epoch milliseconds. */
  endsAtMs: Type.Integer({ minimum: 0 }),
});
/** A browser session as it is kept. */
export type SessionRecord = Static<typeof sessionRecord>;

const sessionKey = (digest: string) => `{${adminTag}}:session:${digest}`;

/** Browser sessions, each under the digest of its cookie. */
export class SessionStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async put(digest: string, record: SessionRecord, ttlMs: number): Promise<void> {
    const key = sessionKey(digest);
    await this.#redis.command(key, ["SET", key, JSON.stringify(record), "PX", String(ttlMs)]);
  }

  /** The session; undefined if it is unknown or over. */
  async get(digest: string): Promise<SessionRecord | undefined> {
    const key = sessionKey(digest);
    const text = await this.#redis.command<string | null>(key, ["GET", key]);
    return text === null ? undefined : Value.Parse(sessionRecord, JSON.parse(text));
  }

  async prolong(digest: string, ttlMs: number): Promise<void> {
    const key = sessionKey(digest);
    await this.#redis.command(key, ["PEXPIRE", key, String(ttlMs)]);
  }

  /** Whether there was one. */
  async remove(digest: string): Promise<boolean> {
    const key = sessionKey(digest);
    return (await this.#redis.command<number>(key, ["DEL", key])) === 1;
  }
}

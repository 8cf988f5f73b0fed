import type { Redis } from "#platform/redis/redis.ts";

const keyOf = (sourceId: string) => `{pricing}:source-status:${sourceId}`;

/** How the tries to read sources went: what counts and changes often, and matters to nobody's money. */
export class SourceStatusStore<S> {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async read(sourceId: string): Promise<S | undefined> {
    const key = keyOf(sourceId);
    const text = await this.#redis.command<string | null>(key, ["GET", key]);
    return text === null ? undefined : (JSON.parse(text) as S);
  }

  async write(sourceId: string, status: S): Promise<void> {
    const key = keyOf(sourceId);
    await this.#redis.command(key, ["SET", key, JSON.stringify(status)]);
  }

  async delete(sourceId: string): Promise<void> {
    const key = keyOf(sourceId);
    await this.#redis.command(key, ["DEL", key]);
  }
}

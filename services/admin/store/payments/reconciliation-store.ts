import type { Redis } from "#platform/redis/redis.ts";

/** How the last reconciliation of everything ended. */
export interface LastReconciliation {
  /** Up to when everything was compared, epoch milliseconds. */
  readonly untilMs: number;
  /** Differences that were left. */
  readonly openDifferences: number;
}

const key = "{admin}:payments:reconciled";

/** When payments were reconciled last. */
export class ReconciliationStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async read(): Promise<LastReconciliation | undefined> {
    const text = await this.#redis.command<string | null>(key, ["GET", key]);
    return text === null ? undefined : (JSON.parse(text) as LastReconciliation);
  }

  async write(last: LastReconciliation): Promise<void> {
    await this.#redis.command(key, ["SET", key, JSON.stringify(last)]);
  }
}

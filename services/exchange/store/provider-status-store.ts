import { createGuardedScript, runGuarded } from "#platform/lease/guarded-script.ts";
import type { Lease } from "#platform/lease/lease.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { exchangeTag } from "./exchange-store.ts";
import type { ProviderStatusRecord } from "./records.ts";

// Told also while memory is full, so that an operator sees why rates grow old.
const writeScript = createGuardedScript("write-always", "return redis.call('SET', KEYS[1], ARGV[1])");

/** How the tries to refresh each provider went: one key each, overwritten by whoever holds the provider's lease. */
export class ProviderStatusStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** In the order of `providerIds`. */
  async read(providerIds: readonly string[]): Promise<readonly ProviderStatusRecord[]> {
    const keys = providerIds.map(statusKey);
    const [first] = keys;
    if (first === undefined) return [];
    const texts = await this.#redis.command<Array<string | null>>(first, ["MGET", ...keys]);
    return texts.map((text) => (text === null ? neverTried : (JSON.parse(text) as ProviderStatusRecord)));
  }

  /** @throws LeaseLost if another instance refreshes the provider by now. */
  async write(lease: Lease, providerId: string, status: ProviderStatusRecord): Promise<void> {
    await runGuarded(this.#redis, lease, writeScript, [statusKey(providerId)], [JSON.stringify(status)]);
  }
}

const neverTried: ProviderStatusRecord = {
  consecutiveFailures: 0,
  lastErrorReason: "",
  lastErrorMessage: "",
};

const statusKey = (providerId: string) => `{${exchangeTag}}:provider-status:${providerId}`;

/** Key of the lease that a refresh of the provider runs under. */
export const refreshLeaseKey = (providerId: string) => `{${exchangeTag}}:refresh:${providerId}`;

/** Key of the lease that the provider's schedule runs under. */
export const scheduleLeaseKey = (providerId: string) => `{${exchangeTag}}:schedule:${providerId}`;

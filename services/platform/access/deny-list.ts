import { CommonError } from "../errors/common-error.ts";
import type { Redis } from "../redis/redis.ts";

const denyListKey = "{access}:revoked";
/** A copy older than this is not trusted. */
const maximumAgeMs = 1_000;
/** Far more than can be revoked within a token's life; beyond it the oldest expiries go first. */
const maximumEntries = 100_000;

/** Tokens that were withdrawn before their time. */
export interface DenyList {
  /** Throws TOKEN_REVOKED if the token was withdrawn; the answer is at most a second old. */
  check(tokenId: string | undefined): Promise<void> | undefined;
  /** Withdraws a token until it would have expired. */
  revoke(tokenId: string, expiresAtMs: number): Promise<void>;
}

/** The deny-list in Redis, with a copy in memory so that a call costs no read. */
export function createDenyList(redis: Redis): DenyList {
  let revoked: ReadonlySet<string> = new Set();
  let readAtMs = 0;
  let reading: Promise<void> | undefined;
  const read = async () => {
    const startedAtMs = Date.now();
    const members = await redis.command<string[]>(denyListKey, [
      "ZRANGE",
      denyListKey,
      String(startedAtMs),
      "+inf",
      "BYSCORE",
      "LIMIT",
      "0",
      String(maximumEntries),
    ]);
    revoked = new Set(members);
    readAtMs = startedAtMs;
  };
  const refresh = () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const refuseRevoked = (tokenId: string) => {
    if (revoked.has(tokenId)) throw new CommonError("TOKEN_REVOKED", "the token was revoked");
  };
  return {
    check(tokenId) {
      if (tokenId === undefined) return undefined;
      if (Date.now() - readAtMs < maximumAgeMs) return void refuseRevoked(tokenId);
      return refresh().then(() => refuseRevoked(tokenId));
    },
    async revoke(tokenId, expiresAtMs) {
      await redis.command(denyListKey, ["ZADD", denyListKey, String(expiresAtMs), tokenId]);
      await redis.command(denyListKey, ["ZREMRANGEBYSCORE", denyListKey, "-inf", String(Date.now())]);
    },
  };
}

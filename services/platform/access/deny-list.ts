import { CommonError } from "../errors/common-error.ts";
import type { Redis } from "../redis/redis.ts";
import { clockToleranceSeconds } from "./token.ts";

const denyListKey = "{access}:revoked";
/** A copy older than this is not trusted. */
const maximumAgeMs = 1_000;
/** Most revocations in the copy; beyond it the copy is not complete and Redis is asked about each token. */
const maximumEntries = 100_000;
/** Longer than a token passes after its expiry, on machines whose clocks differ. */
const keptBeyondExpiryMs = 12 * clockToleranceSeconds * 1_000;

/** What became of a withdrawal. */
export interface Revocation {
  /** Whether the token had been withdrawn before. */
  readonly revokedBefore: boolean;
  /** Until when it is kept as withdrawn, in epoch milliseconds. */
  readonly untilMs: number;
}

/** Tokens that were withdrawn before their time. */
export interface DenyList {
  /** Throws TOKEN_REVOKED if the token was withdrawn; the answer is at most a second old. */
  check(tokenId: string | undefined): Promise<void> | undefined;
  /** Withdraws a token for as long as it could pass. `expiresAtMs` is its `exp` in epoch milliseconds. */
  revoke(tokenId: string, expiresAtMs: number): Promise<Revocation>;
}

/** The deny-list in Redis, with a copy in memory so that a call costs no read. */
export function createDenyList(redis: Redis): DenyList {
  let revoked: ReadonlySet<string> = new Set();
  let readAtMs = 0;
  let reading: Promise<void> | undefined;
  let ownRevocations = 0;
  const read = async () => {
    const startedAtMs = Date.now();
    const revocationsBefore = ownRevocations;
    const members = await redis.command<string[]>(denyListKey, [
      "ZRANGE",
      denyListKey,
      String(startedAtMs - keptBeyondExpiryMs),
      "+inf",
      "BYSCORE",
      "LIMIT",
      "0",
      String(maximumEntries),
    ]);
    revoked = new Set(members);
    // A copy that was being read when this process revoked may lack that.
    readAtMs = revocationsBefore === ownRevocations ? startedAtMs : 0;
  };
  const refresh = () => {
    if (reading !== undefined) return reading;
    const started = read().finally(() => {
      if (reading === started) reading = undefined;
    });
    reading = started;
    return started;
  };
  const refuseRevoked = (tokenId: string): Promise<void> | undefined => {
    if (revoked.has(tokenId)) throw tokenRevoked();
    return revoked.size < maximumEntries ? undefined : refuseIfListed(redis, tokenId);
  };
  return {
    check(tokenId) {
      if (tokenId === undefined) return undefined;
      if (Date.now() - readAtMs < maximumAgeMs) return refuseRevoked(tokenId);
      return refresh().then(() => refuseRevoked(tokenId));
    },
    async revoke(tokenId, expiresAtMs) {
      // A second withdrawal never shortens the first.
      const added = ["ZADD", denyListKey, "GT", String(expiresAtMs), tokenId];
      const revokedBefore = (await redis.command<number>(denyListKey, added)) === 0;
      const score = await redis.command<string | null>(denyListKey, ["ZSCORE", denyListKey, tokenId]);
      ownRevocations += 1;
      readAtMs = 0;
      reading = undefined;
      const outdatedMs = Date.now() - keptBeyondExpiryMs;
      await redis.command(denyListKey, ["ZREMRANGEBYSCORE", denyListKey, "-inf", String(outdatedMs)]);
      return { revokedBefore, untilMs: Number(score) + keptBeyondExpiryMs };
    },
  };
}

async function refuseIfListed(redis: Redis, tokenId: string): Promise<void> {
  const score = await redis.command<string | null>(denyListKey, ["ZSCORE", denyListKey, tokenId]);
  if (score !== null) throw tokenRevoked();
}

function tokenRevoked(): CommonError {
  return new CommonError("TOKEN_REVOKED", "the token was revoked");
}

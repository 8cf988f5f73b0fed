import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readAccountIds } from "../../store/account-index.ts";
import type { AccountVerification, AccountVerifier } from "./account-verifier.ts";

/** Sums over a verification run. */
export interface VerificationSums {
  readonly accountsChecked: number;
  readonly accountsInconsistent: number;
  readonly entriesChecked: number;
}

/** What a run tells: each account, and the sums now and then. */
export type VerificationEvent =
  | { readonly account: AccountVerification }
  | { readonly sums: VerificationSums; readonly complete: boolean };

/** How a run goes through the accounts. */
export interface VerificationPace {
  readonly accountsAtOnce: number;
  /** The bucket it begins with; it ends with the one before. */
  readonly firstBucket: number;
}

const usualPace: VerificationPace = { accountsAtOnce: 4, firstBucket: 0 };
const idsPerRead = 200;
const accountsPerSummary = 500;

/** Verifies all accounts, bucket by bucket, a few at once; ends soon after `signal` is aborted. */
export class LedgerVerifier {
  readonly #redis: Redis;
  readonly #accounts: AccountVerifier;

  constructor(redis: Redis, accounts: AccountVerifier) {
    this.#redis = redis;
    this.#accounts = accounts;
  }

  async *run(signal: AbortSignal, pace = usualPace): AsyncGenerator<VerificationEvent> {
    let sums: VerificationSums = { accountsChecked: 0, accountsInconsistent: 0, entriesChecked: 0 };
    let nextSummary = accountsPerSummary;
    for await (const ids of this.#idGroups(signal, pace)) {
      for (const account of await Promise.all(ids.map((id) => this.#accounts.verifyListed(id, signal)))) {
        sums = addTo(sums, account);
        yield { account };
      }
      if (sums.accountsChecked < nextSummary) continue;
      nextSummary += accountsPerSummary;
      yield { sums, complete: false };
    }
    yield { sums, complete: true };
  }

  async *#idGroups(
    signal: AbortSignal,
    { accountsAtOnce, firstBucket }: VerificationPace,
  ): AsyncGenerator<string[]> {
    for (let bucketsDone = 0; bucketsDone < bucketCount; bucketsDone++) {
      const bucket = (firstBucket + bucketsDone) % bucketCount;
      let afterId = "";
      let ids: string[];
      do {
        signal.throwIfAborted();
        ids = await readAccountIds(this.#redis, bucket, "", afterId, idsPerRead);
        for (let start = 0; start < ids.length; start += accountsAtOnce) {
          signal.throwIfAborted();
          yield ids.slice(start, start + accountsAtOnce);
        }
        afterId = ids.at(-1) ?? "";
      } while (ids.length === idsPerRead);
    }
  }
}

function addTo(sums: VerificationSums, { entriesChecked, faults }: AccountVerification): VerificationSums {
  return {
    accountsChecked: sums.accountsChecked + 1,
    accountsInconsistent: sums.accountsInconsistent + (faults.length > 0 ? 1 : 0),
    entriesChecked: sums.entriesChecked + entriesChecked,
  };
}

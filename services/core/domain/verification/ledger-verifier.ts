import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readAccountIds } from "../../store/account-index.ts";
import { CoreError } from "../core-error.ts";
import { type AccountVerification, type AccountVerifier, unreadable } from "./account-verifier.ts";

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

const accountsAtOnce = 4;
const idsPerRead = 200;
const accountsPerSummary = 500;

/** Verifies all accounts in the order of the listing, a few at once; ends soon after `signal` is aborted. */
export class LedgerVerifier {
  readonly #redis: Redis;
  readonly #accounts: AccountVerifier;

  constructor(redis: Redis, accounts: AccountVerifier) {
    this.#redis = redis;
    this.#accounts = accounts;
  }

  async *run(signal: AbortSignal): AsyncGenerator<VerificationEvent> {
    let sums: VerificationSums = { accountsChecked: 0, accountsInconsistent: 0, entriesChecked: 0 };
    let nextSummary = accountsPerSummary;
    for await (const ids of this.#idGroups(signal)) {
      for (const account of await Promise.all(ids.map((id) => this.#verify(id, signal)))) {
        sums = addTo(sums, account);
        yield { account };
      }
      if (sums.accountsChecked < nextSummary) continue;
      nextSummary += accountsPerSummary;
      yield { sums, complete: false };
    }
    yield { sums, complete: true };
  }

  async *#idGroups(signal: AbortSignal): AsyncGenerator<string[]> {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
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

  async #verify(accountId: string, signal: AbortSignal): Promise<AccountVerification> {
    try {
      return await this.#accounts.verify(accountId, signal);
    } catch (error) {
      if (!(error instanceof CoreError) || error.reason !== "ACCOUNT_NOT_FOUND") throw error;
      return unreadable(accountId, "it is listed, but not there");
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

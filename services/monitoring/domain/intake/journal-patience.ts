import { CommonError } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";

/** What came of asking: an answer, or why nobody asks any more. */
export type JournalAnswer<T> = { readonly value: T } | { readonly givenUp: string };

/** About 25 s, since the turn that failed is followed by a pause. */
const mostTries = 10;
/** Bounds the memory; a forgotten account is asked about anew. */
const mostRemembered = 1_000;

/**
 * Asks the journal about an account a bounded number of times, so that one account that cannot be read does not keep
 * all others of its shard from being counted. A peer or a store that is away is waited for without bound: nothing is
 * wrong with the account then.
 */
export class JournalPatience {
  readonly #failures = new Map<string, number>();

  /** @throws what `ask` threw, until it has thrown for the account itself as often as is borne. */
  async ask<T>(accountId: string, ask: () => Promise<T>): Promise<JournalAnswer<T>> {
    try {
      const value = await ask();
      this.#failures.delete(accountId);
      return { value };
    } catch (error) {
      if (!isAboutAccount(error)) throw error;
      const failures = (this.#failures.get(accountId) ?? 0) + 1;
      this.#note(accountId, failures);
      if (failures < mostTries) throw error;
      return { givenUp: error instanceof Error ? error.message : String(error) };
    }
  }

  #note(accountId: string, failures: number): void {
    this.#failures.delete(accountId);
    this.#failures.set(accountId, failures);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= mostRemembered) return;
      this.#failures.delete(oldest);
    }
  }
}

/** What a peer answers when it is well and cannot read, or does not take, what it was asked about. */
const reasonsOfAccount: ReadonlySet<string> = new Set(["INTERNAL", "REQUEST_INVALID"]);

function isAboutAccount(error: unknown): boolean {
  // A CommonError is this side's own: the peer was away, refused this service, or Redis did.
  if (error instanceof CommonError) return false;
  if (error instanceof ServiceError) return reasonsOfAccount.has(error.reason);
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}

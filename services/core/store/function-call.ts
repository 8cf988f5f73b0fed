import type { RedisArgument } from "#platform/redis/redis.ts";

/** Calls that may share one: debits, which are refused when memory is full; what settles holds; expiries. */
export type BatchKind = "debit" | "settle" | "expiry";

/** The functions that run several of a kind. */
export const batchFunctions: Readonly<Record<BatchKind, string>> = {
  debit: "debit_batch",
  settle: "settle_batch",
  expiry: "expire_batch",
};

/** Currency and scale that an amount was derived for. */
export interface AmountUnit {
  readonly currencyCode: string;
  readonly ledgerScale: number;
}

/** One call of a library function: what to send, and what its reply means. */
export interface FunctionCall<T> {
  /** Name without the library's prefix. */
  readonly name: string;
  /** Which calls it may travel with; undefined for one that travels alone. */
  readonly batch?: BatchKind;
  /** Keys in the order that the function's header states, for calls made on a day (since 1970, UTC). */
  keys(day: number): string[];
  /**
   * Arguments in the order that the function's header states; with the text of the archived entry that the
   * function has asked for by ENTRY_ARCHIVED, if it did.
   */
  args(day: number, archivedEntry?: string): RedisArgument[];
  /** Reads the reply. */
  parse(reply: unknown): T;
}

/** What makes a call repeatable, as the functions take it. */
export interface IdempotencyArguments {
  /** Digest of method and key, 16 bytes. */
  readonly field: Buffer;
  /** Digest of the normalised request, 16 bytes. */
  readonly fingerprint: Buffer;
  /** The caller's key, as the entry shows it. */
  readonly key: string;
}

/** Arguments 1 to 6 of every function that moves money. */
export function commonArguments(
  accountId: string,
  day: number,
  idempotency: IdempotencyArguments,
  memo: string,
): RedisArgument[] {
  const { field, fingerprint, key } = idempotency;
  return [accountId, String(day), field, fingerprint, key, memo];
}

/** The last arguments of what books an amount: the function refuses with UNIT_DIFFERS if the account has another. */
export function unitArguments({ currencyCode, ledgerScale }: AmountUnit): RedisArgument[] {
  return [currencyCode, String(ledgerScale)];
}

/** A reply that is a list of texts. */
export function textsOf(reply: unknown, least: number): string[] {
  if (!Array.isArray(reply) || reply.length < least) {
    throw new TypeError(`a function replied with something else than ${least} texts`);
  }
  return reply as string[];
}

import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { paymentKeys as keys } from "./payment-keys.ts";
import { type IndexPage, type IndexRange, memberOf, readPage } from "./time-index.ts";

/** A payment with the version that its next write has to name. */
export interface StoredPayment<P> {
  /** 1 for the first. */
  readonly version: number;
  readonly payment: P;
}

/** By what a payment is found. */
export interface PaymentIndex {
  readonly paymentId: string;
  readonly accountId: string;
  readonly createdAtMs: number;
  readonly isUnapplied: boolean;
  /** Ids of its objects at Stripe. */
  readonly stripeIds: readonly string[];
}

/** Which index a page is read from. */
export type PaymentScope = { readonly accountId: string } | "unapplied" | "all";

/** What became of a write: `mismatch` if another was faster, `taken` if an object belongs to another payment. */
export type PaymentWrite = "written" | "mismatch" | "taken";

const writeScript = createScript("write", readLua(import.meta.url, "./scripts/write-payment.lua"));

/** Payments in Redis, as JSON. They are kept for ever. */
export class PaymentStore<P> {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async read(paymentId: string): Promise<StoredPayment<P> | undefined> {
    const key = keys.record(paymentId);
    const [version, json] = await this.#redis.command<Array<string | null>>(key, [
      "HMGET",
      key,
      "version",
      "json",
    ]);
    if (version == null || json == null) return undefined;
    return { version: Number(version), payment: JSON.parse(json) as P };
  }

  /** Writes a payment of which `expectedVersion` is the present one, 0 if there must be none. */
  async write(index: PaymentIndex, expectedVersion: number, payment: P): Promise<PaymentWrite> {
    const { paymentId, accountId } = index;
    const [outcome] = await runScript<[string, ...string[]]>(
      this.#redis,
      writeScript,
      [keys.record(paymentId), keys.all, keys.ofAccount(accountId), keys.unapplied, keys.byStripeId],
      [
        paymentId,
        String(expectedVersion),
        JSON.stringify(payment),
        memberOf(index.createdAtMs, paymentId),
        index.isUnapplied ? "1" : "0",
        ...index.stripeIds,
      ],
    );
    return outcome.toLowerCase() as PaymentWrite;
  }

  /** The payment to which an object of Stripe's belongs. */
  async findId(stripeId: string): Promise<string | undefined> {
    const key = keys.byStripeId;
    return (await this.#redis.command<string | null>(key, ["HGET", key, stripeId])) ?? undefined;
  }

  page(scope: PaymentScope, range: IndexRange): Promise<IndexPage<P>> {
    return readPage(this.#redis, keyOf(scope), range, async (id) => (await this.read(id))?.payment);
  }

  /** How many were paid and could not be credited. */
  countUnapplied(): Promise<number> {
    return this.#redis.command<number>(keys.unapplied, ["ZCARD", keys.unapplied]);
  }
}

function keyOf(scope: PaymentScope): string {
  if (scope === "all") return keys.all;
  return scope === "unapplied" ? keys.unapplied : keys.ofAccount(scope.accountId);
}

import { createHash } from "node:crypto";
import { StripeApiError } from "./stripe-error.ts";

/** An answer of the API. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Remembers answers by Idempotency-Key, as Stripe does: same key, other parameters is an error. */
export class IdempotentReplies {
  readonly #known = new Map<string, { readonly fingerprint: string; readonly reply: Reply }>();

  /** The first answer for this key, or that of `run`, which is kept unless it is a fault of the server. */
  answer(key: string | undefined, request: string, run: () => Reply): Reply & { readonly replayed: boolean } {
    if (key === undefined) return { ...run(), replayed: false };
    const fingerprint = createHash("sha256").update(request).digest("hex");
    const known = this.#known.get(key);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) {
        throw new StripeApiError(
          400,
          `Keys for idempotent requests can only be used with the same parameters they were first used with: ${key}`,
          { type: "idempotency_error" },
        );
      }
      return { ...known.reply, replayed: true };
    }
    const reply = run();
    if (reply.status < 500) this.#known.set(key, { fingerprint, reply: structuredClone(reply) });
    return { ...reply, replayed: false };
  }
}

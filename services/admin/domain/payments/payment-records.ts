import { CommonError } from "#platform/errors/common-error.ts";
import type { PaymentStore, StoredPayment } from "../../store/payments/payment-store.ts";
import { isUnapplied, type Payment } from "./payment.ts";

/** A payment that was read, with its version. */
export type KnownPayment = StoredPayment<Payment>;

/** Somebody else changed the payment meanwhile: read it again and begin anew. */
export class PaymentChanged extends Error {
  override readonly name = "PaymentChanged";
}

/** Payments with their indexes, as the domain changes them. */
export class PaymentRecords {
  readonly #store: PaymentStore<Payment>;

  constructor(store: PaymentStore<Payment>) {
    this.#store = store;
  }

  read(paymentId: string): Promise<KnownPayment | undefined> {
    return this.#store.read(paymentId);
  }

  /** The payment to which one of these objects of Stripe's belongs. */
  async findByStripeId(...stripeIds: ReadonlyArray<string | undefined>): Promise<KnownPayment | undefined> {
    for (const stripeId of stripeIds) {
      const paymentId = stripeId === undefined ? undefined : await this.#store.findId(stripeId);
      const known = paymentId === undefined ? undefined : await this.read(paymentId);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  /** Writes what follows a version; 0 for a new one. @throws PaymentChanged. */
  async save(version: number, payment: Payment): Promise<KnownPayment> {
    const index = {
      paymentId: payment.paymentId,
      accountId: payment.accountId,
      createdAtMs: payment.createdAtMs,
      isUnapplied: isUnapplied(payment),
      stripeIds: stripeIdsOf(payment),
    };
    const outcome = await this.#store.write(index, version, payment);
    if (outcome === "mismatch") throw new PaymentChanged(`payment ${payment.paymentId} changed`);
    if (outcome === "taken")
      throw new CommonError(
        "INTERNAL",
        `an object of payment ${payment.paymentId} belongs to another payment`,
      );
    return { version: version + 1, payment };
  }
}

function stripeIdsOf({ sessionId, intentId, chargeId, refunds, disputes }: Payment): string[] {
  return [sessionId, intentId, chargeId, ...Object.keys(refunds), ...Object.keys(disputes)].filter(
    (id) => id !== undefined,
  );
}

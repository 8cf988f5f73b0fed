import { randomBytes } from "node:crypto";
import { noSuch } from "./stripe-error.ts";
import type {
  Charge,
  CheckoutSession,
  Dispute,
  PaymentIntent,
  Refund,
  StripeEvent,
  StripeObject,
} from "./stripe-objects.ts";

/** The version of Stripe's API that the stand-in imitates. */
export const apiVersion = "2026-10-28.endive";

/** Objects of one kind, in order of creation. */
export class Records<T extends { readonly id: string; readonly created: number }> {
  readonly #kind: string;
  readonly #byId = new Map<string, T>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  add(record: T): T {
    this.#byId.set(record.id, record);
    return record;
  }

  /** @throws StripeApiError 404 resource_missing. */
  get(id: string): T {
    const record = this.#byId.get(id);
    if (record === undefined) throw noSuch(this.#kind, id);
    return record;
  }

  /** Newest first, as Stripe lists. */
  newestFirst(): T[] {
    return [...this.#byId.values()].reverse();
  }
}

/** Everything that the stand-in knows. */
export class StripeRecords {
  readonly sessions: Records<CheckoutSession> = new Records("checkout.session");
  readonly intents: Records<PaymentIntent> = new Records("payment_intent");
  readonly charges: Records<Charge> = new Records("charge");
  readonly refunds: Records<Refund> = new Records("refund");
  readonly disputes: Records<Dispute> = new Records("dispute");
  readonly events: Records<StripeEvent> = new Records("event");
  readonly #listeners: Array<(event: StripeEvent) => void> = [];

  /** Calls back for every event from now on. */
  onEvent(listener: (event: StripeEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Notes what happened to an object, with the object as it is now. */
  emit(type: string, object: StripeObject): StripeEvent {
    const event: StripeEvent = {
      id: newId("evt"),
      object: "event",
      api_version: apiVersion,
      created: nowSeconds(),
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
      data: { object: structuredClone(object) },
    };
    this.events.add(event);
    for (const listener of this.#listeners) listener(event);
    return event;
  }
}

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

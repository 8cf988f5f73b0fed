import Stripe from "stripe";
import type { StripeEvent } from "./stripe-objects.ts";

/** Where events go. */
export interface WebhookEndpoint {
  readonly url: string;
  readonly secret: string;
}

/** What to change about a delivery. */
export interface DeliveryOptions {
  /** Signs with this secret instead of the endpoint's: a forgery. */
  readonly secret?: string;
  /** Epoch seconds in the signature instead of now. */
  readonly timestamp?: number;
  /** Changes the body after it was signed. */
  readonly alter?: (body: string) => string;
  /** Leaves the signature header out. */
  readonly unsigned?: boolean;
}

/** What came back; status 0 if nobody answered. */
export interface Delivery {
  readonly eventId: string;
  readonly status: number;
  readonly body: string;
}

/** Pauses before another try of an event that was not taken, in milliseconds; Stripe goes on for three days. */
const retryPausesMs: readonly number[] = [200, 1_000, 5_000, 15_000];
const answerWithinMs = 10_000;

/** Signs an event as Stripe does and posts it, once. */
export async function deliver(
  event: StripeEvent,
  endpoint: WebhookEndpoint,
  { secret = endpoint.secret, timestamp, alter, unsigned = false }: DeliveryOptions = {},
): Promise<Delivery> {
  const payload = JSON.stringify(event, undefined, 2);
  const header = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    ...(timestamp === undefined ? {} : { timestamp }),
  });
  try {
    const response = await fetch(endpoint.url, {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        ...(unsigned ? {} : { "stripe-signature": header }),
      },
      body: alter === undefined ? payload : alter(payload),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return { eventId: event.id, status: response.status, body: await response.text() };
  } catch (error) {
    return { eventId: event.id, status: 0, body: error instanceof Error ? error.message : String(error) };
  }
}

/** Delivers every event by itself, again after a while if it was not taken. */
export class AutomaticDelivery {
  readonly #endpoint: WebhookEndpoint;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(endpoint: WebhookEndpoint) {
    this.#endpoint = endpoint;
  }

  enqueue(event: StripeEvent): void {
    this.#start(event, 0);
  }

  /** Ends without further tries, when what is under way has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #start(event: StripeEvent, tries: number): void {
    const running: Promise<void> = this.#attempt(event, tries).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #attempt(event: StripeEvent, tries: number): Promise<void> {
    const { status } = await deliver(event, this.#endpoint);
    const pauseMs = retryPausesMs[tries];
    if ((status >= 200 && status < 300) || pauseMs === undefined || this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#start(event, tries + 1);
    }, pauseMs);
    this.#timers.add(timer);
  }
}

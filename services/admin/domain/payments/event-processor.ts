import { backoffMs } from "#platform/clock/backoff.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import { DeliveryFailure } from "#platform/queue/delivery-failure.ts";
import type { Delivery } from "#platform/queue/durable-queue.ts";
import {
  type EventOrigin,
  type EventOutcome,
  eventAttempts,
  type StoredEvent,
  type StripeEventStore,
} from "../../store/payments/event-store.ts";
import { AdminError } from "../admin-error.ts";
import { eventTable } from "./event-table.ts";
import { type Fulfilment, type FulfilParts, fulfil } from "./fulfil.ts";
import type { PaymentObserver } from "./payment-observer.ts";
import { isPassing } from "./settle-payment.ts";
import type { StripeEventFacts } from "./stripe-facts.ts";

type Inbox = StripeEventStore<StripeEventFacts>;
export type InboxEvent = StoredEvent<StripeEventFacts>;

/** Waits between the attempts of an event: a second at first, an hour at last. */
const retry = { firstMs: 1_000, maxMs: 3_600_000 } as const;
const done: ReadonlySet<string> = new Set(["APPLIED", "DUPLICATE", "IGNORED"]);

/** Gives events their effect, once. An event is done when its effect is, not when it arrived. */
export class EventProcessor {
  readonly #inbox: Inbox;
  readonly #parts: FulfilParts;
  readonly #observer: PaymentObserver;

  constructor(inbox: Inbox, parts: FulfilParts, observer: PaymentObserver) {
    this.#inbox = inbox;
    this.#parts = parts;
    this.#observer = observer;
  }

  /** Takes an event in; when this returns, it is durable and its effect will come. */
  async receive(facts: StripeEventFacts, origin: EventOrigin): Promise<void> {
    const state = await this.#inbox.receive(facts.eventId, facts.objectId, facts, origin);
    this.#observer.received(origin, state === "NEW");
  }

  /** One attempt for the queue. @throws DeliveryFailure for another attempt later, whatever failed. */
  async handle({ id, attempt }: Delivery): Promise<void> {
    let event: InboxEvent | undefined;
    try {
      event = await this.#inbox.read(id);
      if (event === undefined || done.has(event.state)) return;
      await this.process(event);
    } catch (error) {
      if (isFinal(error)) return;
      const waitMs = backoffMs(attempt, retry);
      if (event !== undefined) await this.#noteFailure(event, error, attempt, waitMs);
      this.#observer.failed(`the effect of event ${id}`, error);
      throw new DeliveryFailure(messageOf(error), { retryAfterMs: waitMs, cause: error });
    }
  }

  /** Best effort: a store that can't note it now must not cost the attempt its wait, else all are spent at once. */
  async #noteFailure(event: InboxEvent, error: unknown, attempt: number, waitMs: number): Promise<void> {
    const nextAttemptAtMs = attempt >= eventAttempts ? undefined : Date.now() + waitMs;
    try {
      await this.#fail(event, error, nextAttemptAtMs);
    } catch (notNoted) {
      this.#observer.failed(`noting that event ${event.eventId} failed`, notNoted);
    }
  }

  /**
   * Gives an event its effect, or finds that it has it, and notes it. PARKED events come back by themselves.
   *
   * @throws AdminError STRIPE_EVENT_FAILED, noted, if trying again does not help; else whatever failed, not noted.
   */
  async process(event: InboxEvent): Promise<void> {
    const { facts } = event;
    const skipped = this.#reasonToSkip(facts);
    if (skipped !== undefined) return this.#finish(event, { state: "IGNORED", effect: skipped });
    let fulfilment: Fulfilment;
    try {
      fulfilment = await this.#fulfil(event);
    } catch (error) {
      if (isFinal(error)) await this.#fail(event, error, undefined);
      throw error;
    }
    await this.#conclude(event, fulfilment);
  }

  #fulfil(event: InboxEvent): Promise<Fulfilment> {
    const { type, facts, unreadable, createdAtMs } = event.facts;
    if (facts === undefined) throw eventFailed(event, unreadable ?? "its object can't be read");
    const note = eventTable[type]?.note;
    return fulfil(this.#parts, facts, { atMs: createdAtMs, ...(note === undefined ? {} : { note }) });
  }

  #reasonToSkip({ type, livemode, facts, unreadable }: StripeEventFacts): string | undefined {
    if (facts === undefined && unreadable === undefined) return `events of type ${type} change nothing`;
    if (livemode === this.#parts.provider.livemode) return undefined;
    return livemode
      ? "a live event, and the configured key is for tests"
      : "a test event, and the configured key is live";
  }

  async #conclude(event: InboxEvent, fulfilment: Fulfilment): Promise<void> {
    if (fulfilment.kind === "foreign")
      return this.#finish(event, { state: "IGNORED", effect: fulfilment.why });
    if (fulfilment.kind === "unknown") return this.#park(event, fulfilment.intentId);
    const { settlement, isNews } = fulfilment;
    const { payment } = settlement.known;
    const about = { paymentId: payment.paymentId, accountId: payment.accountId };
    if (payment.intentId !== undefined) await this.#inbox.unpark(payment.intentId, event.eventId);
    if (settlement.refusal !== undefined) {
      const { reason, message } = settlement.refusal;
      this.#observer.unapplied(payment.paymentId, reason);
      if (isPassing(settlement.refusal)) throw settlement.refusal;
      const cause = `paid and not credited: ${reason}, ${message}`;
      await this.#finish(event, { ...about, state: "FAILED", error: cause });
      throw eventFailed(event, cause);
    }
    const { effects, transactionId } = settlement;
    const isDuplicate = !isNews && effects.length === 0;
    await this.#finish(event, {
      ...about,
      state: isDuplicate ? "DUPLICATE" : "APPLIED",
      effect: isDuplicate ? "all of it was known before" : effects.join("; ") || "noted",
      ...(transactionId === undefined ? {} : { transactionId }),
    });
  }

  async #park(event: InboxEvent, intentId: string): Promise<void> {
    if (!(await this.#inbox.park(event.eventId, intentId)))
      throw new Error(`the checkout session of ${intentId} is not known yet`);
    this.#observer.processed("PARKED");
  }

  async #fail(event: InboxEvent, error: unknown, nextAttemptAtMs: number | undefined): Promise<void> {
    await this.#finish(event, {
      state: "FAILED",
      error: messageOf(error),
      ...(nextAttemptAtMs === undefined ? {} : { nextAttemptAtMs }),
    });
  }

  async #finish({ eventId }: InboxEvent, outcome: EventOutcome): Promise<void> {
    await this.#inbox.finish(eventId, outcome);
    this.#observer.processed(outcome.state);
  }
}

function eventFailed({ eventId }: InboxEvent, cause: string): AdminError {
  return new AdminError("STRIPE_EVENT_FAILED", `event ${eventId}: ${cause}`, {
    metadata: { event_id: eventId, cause },
  });
}

function isFinal(error: unknown): boolean {
  return error instanceof ServiceError && error.reason === "STRIPE_EVENT_FAILED";
}

/** Reason and words; nothing of what should not be shown. */
function messageOf(error: unknown): string {
  if (error instanceof ServiceError) return `${error.reason}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

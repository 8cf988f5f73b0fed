import type { StripeEventStore } from "../../store/payments/event-store.ts";
import type { RequestStore } from "../../store/payments/request-store.ts";
import { AdminError } from "../admin-error.ts";
import type { EventProcessor, InboxEvent } from "./event-processor.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { beginRequest } from "./request-memory.ts";
import type { StripeEventFacts } from "./stripe-facts.ts";

export interface ReplayParts {
  readonly inbox: StripeEventStore<StripeEventFacts>;
  readonly processor: EventProcessor;
  readonly provider: PaymentProvider;
  readonly requests: RequestStore;
}

/** A request to process an event again. */
export interface ReplayRequest {
  readonly eventId: string;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/**
 * Processes an event again, from the inbox or else from Stripe; what it has done is not done twice.
 *
 * @throws AdminError STRIPE_EVENT_NOT_FOUND, STRIPE_EVENT_FAILED, STRIPE_…; CommonError IDEMPOTENCY_KEY_REUSED.
 */
export async function replayEvent(
  parts: ReplayParts,
  { eventId, reason, idempotencyKey }: ReplayRequest,
): Promise<{ readonly event: InboxEvent; readonly isReplay: boolean }> {
  const { inbox, requests } = parts;
  const begun = await beginRequest(requests, {
    method: "ReplayStripeEvent",
    accountId: "",
    key: idempotencyKey,
    content: [eventId, reason],
  });
  const before = (await inbox.read(eventId)) ?? (await fetchEvent(parts, eventId));
  if (before === undefined) {
    await begun.forget();
    throw new AdminError("STRIPE_EVENT_NOT_FOUND", "the event is neither in the inbox nor at Stripe", {
      metadata: { event_id: eventId },
    });
  }
  if (begun.answer !== undefined) return { event: before, isReplay: true };
  try {
    await parts.processor.process(before);
  } catch (error) {
    await begun.forget();
    throw error;
  }
  await begun.finish("processed");
  return { event: (await inbox.read(eventId)) ?? before, isReplay: false };
}

async function fetchEvent(
  { inbox, processor, provider }: ReplayParts,
  eventId: string,
): Promise<InboxEvent | undefined> {
  const facts = await provider.findEvent(eventId);
  if (facts === undefined) return undefined;
  await processor.receive(facts, "RECONCILER");
  return inbox.read(eventId);
}

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type StripeEvent as EventMessage,
  StripeEventOrigin,
  StripeEventSchema,
  StripeEventState,
} from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { InboxEvent } from "../domain/payments/event-processor.ts";

/** An event as the contract has it. */
export function toEventMessage(event: InboxEvent): EventMessage {
  const { facts } = event;
  return create(StripeEventSchema, {
    eventId: event.eventId,
    type: facts.type,
    state: StripeEventState[event.state],
    origin: StripeEventOrigin[event.origin],
    objectId: facts.objectId,
    paymentId: event.paymentId,
    accountId: event.accountId,
    createdAt: timestampFromMs(facts.createdAtMs),
    receivedAt: timestampFromMs(event.receivedAtMs),
    ...optional("processedAt", event.processedAtMs, timestampFromMs),
    deliveryCount: event.deliveryCount,
    attemptCount: event.attemptCount,
    ...optional("nextAttemptAt", event.nextAttemptAtMs, timestampFromMs),
    lastError: event.error,
    effect: event.effect,
    transactionId: event.transactionId,
    livemode: facts.livemode,
    apiVersion: facts.apiVersion,
  });
}

import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { StripeEventState } from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { findEvents } from "../domain/payments/find-events.ts";
import { findPayments } from "../domain/payments/find-payments.ts";
import type { Payment } from "../domain/payments/payment.ts";
import type { StripeEventFacts } from "../domain/payments/stripe-facts.ts";
import type { StripeEventStore } from "../store/payments/event-store.ts";
import type { PaymentStore } from "../store/payments/payment-store.ts";
import { paymentStates, toDisputeMessages, toPaymentMessage, toRefundMessages } from "./payment-message.ts";
import { paymentNotFound } from "./resource-owners.ts";
import { toEventMessage } from "./stripe-event-message.ts";

/** What payments are read from; works without Stripe. */
export interface PaymentReading {
  readonly payments: PaymentStore<Payment>;
  readonly inbox: StripeEventStore<StripeEventFacts>;
  readonly pageTokens: PageTokens;
}

const mostEventsShown = 100;

/** The calls that look at payments. */
export function paymentReadingHandlers({ payments, inbox, pageTokens: tokens }: PaymentReading) {
  return {
    listPayments: async (request) => {
      const { accountId, unappliedOnly, stripeId, pageSize, pageToken } = request;
      const [fromMs, untilMs] = readRange(request);
      const states = request.states.map((state) => stateNames.get(state)!);
      const filters = ["payments", accountId, states, unappliedOnly, stripeId, fromMs ?? 0, untilMs ?? 0];
      const page = await findPayments(
        payments,
        { accountId, states: new Set(states), unappliedOnly, stripeId, fromMs, untilMs },
        pageSize,
        tokens.decode(filters, pageToken) as string | undefined,
      );
      return {
        payments: page.items.map(toPaymentMessage),
        nextPageToken: page.nextAfter === undefined ? "" : tokens.encode(filters, page.nextAfter),
      };
    },

    getPayment: async ({ paymentId }, { caller }) => {
      const known = await payments.read(paymentId);
      if (known === undefined) throw paymentNotFound(paymentId);
      const shown = caller.account === undefined ? mostEventsShown : 0;
      const events = shown === 0 ? [] : (await inbox.page({ paymentId }, { limit: shown })).entries;
      return {
        payment: toPaymentMessage(known.payment),
        refunds: toRefundMessages(known.payment),
        disputes: toDisputeMessages(known.payment),
        events: events.map(({ item }) => toEventMessage(item)).reverse(),
      };
    },

    listStripeEvents: async (request) => {
      const { type, paymentId, accountId, stripeId, pageSize, pageToken } = request;
      const [fromMs, untilMs] = readRange(request);
      const states = request.states.map((state) => eventStateNames.get(state)!);
      const filters = ["events", states, type, paymentId, accountId, stripeId, fromMs ?? 0, untilMs ?? 0];
      const page = await findEvents(
        inbox,
        { states: new Set(states), type, paymentId, accountId, stripeId, fromMs, untilMs },
        pageSize,
        tokens.decode(filters, pageToken) as string | undefined,
      );
      return {
        events: page.items.map(toEventMessage),
        nextPageToken: page.nextAfter === undefined ? "" : tokens.encode(filters, page.nextAfter),
      };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}

const stateNames = new Map(
  Object.entries(paymentStates).map(([name, state]) => [state, name as keyof typeof paymentStates]),
);
const eventStateNames = new Map(
  (["RECEIVED", "APPLIED", "DUPLICATE", "IGNORED", "FAILED", "PARKED"] as const).map((name) => [
    StripeEventState[name] as StripeEventState,
    name,
  ]),
);

interface TimeRange {
  readonly startTime?: Timestamp | undefined;
  readonly endTime?: Timestamp | undefined;
}

function readRange({
  startTime,
  endTime,
}: TimeRange): [fromMs: number | undefined, untilMs: number | undefined] {
  const [fromMs, untilMs] = [startTime && timestampMs(startTime), endTime && timestampMs(endTime)];
  if (fromMs !== undefined && untilMs !== undefined && untilMs < fromMs)
    throw invalidField("end_time", "must not be before start_time");
  return [fromMs, untilMs];
}

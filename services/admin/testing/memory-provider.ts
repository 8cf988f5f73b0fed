import type { ListPage, ListRange, PaymentProvider } from "../domain/payments/payment-provider.ts";
import type {
  DisputeFacts,
  IntentFacts,
  RefundFacts,
  SessionFacts,
  StripeEventFacts,
} from "../domain/payments/stripe-facts.ts";

/** What a test says that Stripe has. */
export interface StripeHoldings {
  sessions: SessionFacts[];
  intents: IntentFacts[];
  refunds: RefundFacts[];
  disputes: DisputeFacts[];
  events: StripeEventFacts[];
}

/** A Stripe that has what a test gives it; nothing can be made there. */
export function createMemoryProvider(holdings: StripeHoldings): PaymentProvider {
  const refuse = async () => {
    throw new Error("nothing can be made here");
  };
  return {
    livemode: false,
    createCheckout: refuse,
    createRefund: refuse,
    findSession: async (id) => holdings.sessions.find((session) => session.id === id),
    findSessionOfIntent: async (intentId) =>
      holdings.sessions.find((session) => session.intentId === intentId),
    findIntent: async (id) => holdings.intents.find((intent) => intent.id === id),
    findEvent: async (id) => holdings.events.find(({ eventId }) => eventId === id),
    listRefundsOf: async (intentId) => holdings.refunds.filter((refund) => refund.intentId === intentId),
    listSessions: async (range) => pageOf(holdings.sessions, (item) => item.id, range),
    listIntents: async (range) => pageOf(holdings.intents, (item) => item.id, range),
    listRefunds: async (range) => pageOf(holdings.refunds, (item) => item.id, range),
    listDisputes: async (range) => pageOf(holdings.disputes, (item) => item.id, range),
    listEvents: async (range) => pageOf(holdings.events, (item) => item.eventId, range),
  };
}

export function emptyHoldings(): StripeHoldings {
  return { sessions: [], intents: [], refunds: [], disputes: [], events: [] };
}

function pageOf<T extends { readonly createdAtMs: number }>(
  items: readonly T[],
  idOf: (item: T) => string,
  { fromMs, untilMs, after, limit }: ListRange,
): ListPage<T> {
  const within = items.filter(({ createdAtMs }) => createdAtMs >= fromMs && createdAtMs < untilMs);
  const start = after === undefined ? 0 : within.findIndex((item) => idOf(item) === after) + 1;
  const shown = within.slice(start, start + limit);
  const last = shown.at(-1);
  const hasMore = start + limit < within.length && last !== undefined;
  return { items: shown, nextAfter: hasMore ? idOf(last) : undefined };
}

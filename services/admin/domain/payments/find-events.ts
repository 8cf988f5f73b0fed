import type { EventScope, EventState, StripeEventStore } from "../../store/payments/event-store.ts";
import type { InboxEvent } from "./event-processor.ts";
import { type ScanPage, scan } from "./scan.ts";
import type { StripeEventFacts } from "./stripe-facts.ts";

/** Which events of the inbox; empty means all. */
export interface EventFilter {
  readonly states: ReadonlySet<EventState>;
  readonly type: string;
  readonly paymentId: string;
  readonly accountId: string;
  /** Id of the event, or of the object that it is about. */
  readonly stripeId: string;
  /** Of arrival. */
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** Events, newest arrival first. */
export async function findEvents(
  inbox: StripeEventStore<StripeEventFacts>,
  filter: EventFilter,
  pageSize: number,
  after: string | undefined,
): Promise<ScanPage<InboxEvent>> {
  const { stripeId, fromMs = 0, untilMs = Number.MAX_SAFE_INTEGER } = filter;
  const matches = (event: InboxEvent) =>
    (filter.states.size === 0 || filter.states.has(event.state)) &&
    (filter.type === "" || event.facts.type === filter.type) &&
    (filter.paymentId === "" || event.paymentId === filter.paymentId) &&
    (filter.accountId === "" || event.accountId === filter.accountId) &&
    (stripeId === "" || event.eventId === stripeId || event.facts.objectId === stripeId) &&
    event.receivedAtMs >= fromMs &&
    event.receivedAtMs < untilMs;
  if (stripeId.startsWith("evt_")) {
    const event = await inbox.read(stripeId);
    return { items: event !== undefined && matches(event) ? [event] : [], nextAfter: undefined };
  }
  const { untilMs: until } = filter;
  return scan(
    (position, limit) => inbox.page(scopeOf(filter), { fromMs, untilMs: until, after: position, limit }),
    matches,
    pageSize,
    after,
  );
}

/** The shortest index that has all of them. */
function scopeOf({ paymentId, stripeId, states }: EventFilter): EventScope {
  if (paymentId !== "") return { paymentId };
  if (stripeId !== "") return { objectId: stripeId };
  return states.size === 1 && states.has("FAILED") ? "failed" : "all";
}

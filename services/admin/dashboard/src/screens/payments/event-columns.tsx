import { Link } from "wouter";
import { type StripeEvent, StripeEventOrigin } from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { msOf } from "../../data/clock.ts";
import { Button } from "../../design/button.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { shortId } from "../reservations/reservation-columns.tsx";
import { EventBadge } from "./payment-badges.tsx";
import "./payments.css";

/** How events are shown in tables; with a way to process one again for those who may. */
export function eventColumns(
  onReplay: ((event: StripeEvent) => void) | undefined,
): ReadonlyArray<Column<StripeEvent>> {
  return onReplay === undefined ? columns : [...columns, replayColumn(onReplay)];
}

const columns: ReadonlyArray<Column<StripeEvent>> = [
  {
    id: "type",
    title: "Event",
    compare: (left, right) => left.type.localeCompare(right.type),
    cell: ({ type, eventId }) => (
      <>
        <span className="event-type">{type}</span>
        <div className="labels mono nowrap" title={eventId}>
          {shortId(eventId)}
        </div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) => <EventBadge state={state} />,
  },
  { id: "effect", title: "Effect", isMinor: true, cell: (event) => <Effect event={event} /> },
  {
    id: "arrived",
    title: "Arrived",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.receivedAt) ?? 0) - (msOf(right.receivedAt) ?? 0),
    cell: (event) => (
      <>
        <TimeAgo at={event.receivedAt} />
        <div className="labels">{arrivalText(event)}</div>
      </>
    ),
  },
];

function replayColumn(onReplay: (event: StripeEvent) => void): Column<StripeEvent> {
  return {
    id: "replay",
    title: "Again",
    align: "right",
    cell: (event) => (
      <Button size="s" onClick={() => onReplay(event)} aria-label={`Replay ${event.eventId}`}>
        Replay
      </Button>
    ),
  };
}

function Effect({ event }: { event: StripeEvent }) {
  const { effect, lastError, paymentId, accountId, attemptCount, nextAttemptAt, transactionId } = event;
  return (
    <>
      {lastError ? <span className="event-error">{lastError}</span> : effect || "none yet"}
      <div className="labels">
        {lastError !== "" && (
          <>
            {attemptCount} {attemptCount === 1 ? "attempt" : "attempts"},{" "}
            {nextAttemptAt ? (
              <>
                next <TimeAgo at={nextAttemptAt} />
              </>
            ) : (
              "not tried again by itself"
            )}
            {paymentId !== "" && " · "}
          </>
        )}
        {paymentId !== "" && (
          <Link href={`/payments/${encodeURIComponent(paymentId)}`}>payment of {accountId || "nobody"}</Link>
        )}
        {transactionId !== "" && (
          <>
            {" · "}
            <Link href={`/transactions/${encodeURIComponent(transactionId)}`}>entry</Link>
          </>
        )}
      </div>
    </>
  );
}

function arrivalText({ deliveryCount, origin }: StripeEvent): string {
  if (origin === StripeEventOrigin.RECONCILER && deliveryCount <= 1) return "fetched from Stripe";
  return deliveryCount > 1 ? `${deliveryCount} times` : "";
}

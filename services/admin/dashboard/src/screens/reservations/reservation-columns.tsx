import { Link } from "wouter";
import { type Reservation, ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { msOf } from "../../data/clock.ts";
import { compareDecimals } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { Money } from "../../design/money.tsx";
import type { Column } from "../../design/table.tsx";
import { Countdown, TimeAgo } from "../../design/time.tsx";

/** Where a hold stands. */
export function ReservationBadge({ state }: { state: ReservationState }) {
  switch (state) {
    case ReservationState.HELD:
      return (
        <Badge tone="info" icon="lock">
          Held
        </Badge>
      );
    case ReservationState.COMMITTED:
      return <Badge tone="good">Committed</Badge>;
    case ReservationState.RELEASED:
      return <Badge>Released</Badge>;
    default:
      return (
        <Badge tone="warning" icon="clock">
          Expired
        </Badge>
      );
  }
}

/** The end of an id, by which one tells them apart. */
export function shortId(id: string): string {
  return id.length > 14 ? `…${id.slice(-12)}` : id;
}

/** How holds are shown in tables. */
export const reservationColumns: ReadonlyArray<Column<Reservation>> = [
  {
    id: "hold",
    title: "Hold",
    compare: (left, right) => left.reservationId.localeCompare(right.reservationId),
    cell: ({ reservationId, description, lockedPrices }) => (
      <>
        <Link
          href={`/reservations/${encodeURIComponent(reservationId)}`}
          className="table-link mono"
          title={reservationId}
        >
          {shortId(reservationId)}
        </Link>
        <div className="labels">
          {[lockedPrices.map(({ priceId }) => priceId).join(", "), description].filter(Boolean).join(" · ")}
        </div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) => <ReservationBadge state={state} />,
  },
  {
    id: "remaining",
    title: "Held now",
    align: "right",
    compare: (left, right) => compareDecimals(left.remaining?.amount, right.remaining?.amount),
    cell: ({ remaining }) => <Money of={remaining} />,
  },
  {
    id: "captured",
    title: "Captured",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.captured?.amount, right.captured?.amount),
    cell: ({ captured }) => <Money of={captured} />,
  },
  {
    id: "created",
    title: "Made",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.createdAt) ?? 0) - (msOf(right.createdAt) ?? 0),
    cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
  },
  {
    id: "expires",
    title: "Expires",
    align: "right",
    compare: (left, right) => (msOf(left.expiresAt) ?? 0) - (msOf(right.expiresAt) ?? 0),
    cell: ({ state, expiresAt }) =>
      state === ReservationState.HELD ? <Countdown to={expiresAt} /> : <TimeAgo at={expiresAt} />,
  },
];

import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import { Link } from "wouter";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import {
  ExpiryAction,
  type Reservation,
  ReservationState,
  SettledBy,
  SettledBySchema,
} from "#gen/billing/core/v1/reservation_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { usePathId } from "../../data/path-id.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Facts, Stat, StatRow } from "../../design/facts.tsx";
import { Money } from "../../design/money.tsx";
import { PageHeader } from "../../design/page.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { Countdown, TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { RateSteps } from "../transactions/rate-steps.tsx";
import { ReleaseDialog } from "./release-dialog.tsx";
import { ReservationBadge, shortId } from "./reservation-columns.tsx";

/** An open hold is read anew so often. */
const refreshMs = 3_000;

/** A hold: what it keeps, until when, at which prices, and how it was settled. */
export function Page() {
  const reservationId = usePathId("reservationId");
  const [isReleasing, setReleasing] = useState(false);
  const may = usePermission();
  const found = useQuery(
    BillingCoreService.method.getReservation,
    { reservationId },
    {
      refetchInterval: ({ state }) =>
        state.data?.reservation?.state === ReservationState.HELD ? refreshMs : false,
    },
  );
  const hold = found.data?.reservation;
  const isOpen = hold?.state === ReservationState.HELD;
  return (
    <>
      <PageHeader
        title={`Hold ${shortId(reservationId)}`}
        back={{ href: "/reservations", label: "Reservations" }}
        badges={hold && <ReservationBadge state={hold.state} />}
        about={
          hold && (
            <>
              {hold.description || "Without a description"} ·{" "}
              <Link href={`/accounts/${encodeURIComponent(hold.accountId)}?tab=holds`}>{hold.accountId}</Link>
            </>
          )
        }
        actions={
          isOpen &&
          may(BillingCoreService.method.release) && (
            <Button onClick={() => setReleasing(true)}>Release</Button>
          )
        }
      />
      <Loaded from={found}>{() => hold && <Details hold={hold} />}</Loaded>
      {hold && isReleasing && <ReleaseDialog hold={hold} onClose={() => setReleasing(false)} />}
    </>
  );
}

function Details({ hold }: { hold: Reservation }) {
  const isOpen = hold.state === ReservationState.HELD;
  return (
    <div className="stack">
      <StatRow>
        <Stat big name="Held now" value={<Money of={hold.remaining} />} note={<Outcome hold={hold} />} />
        <Stat name="Held at first" value={<Money of={hold.reserved} />} />
        <Stat name="Captured" value={<Money of={hold.captured} />} />
        <Stat
          name={isOpen ? "Expires in" : "Expiry"}
          value={isOpen ? <Countdown to={hold.expiresAt} /> : <TimeAt at={hold.expiresAt} brief />}
          note={
            hold.onExpiry === ExpiryAction.CAPTURE ? "the rest is captured then" : "the rest is released then"
          }
        />
      </StatRow>
      <div className="columns">
        <Card title="Fixed at its making" hint="what settling will use">
          <LockedPrices hold={hold} />
          {hold.lockedRate && <RateSteps rate={hold.lockedRate} />}
        </Card>
        <Card title="Settled by">
          {hold.settlingTransactionIds.length === 0 ? (
            <EmptyState title="Nothing yet" icon="clock">
              Commits and releases appear here.
            </EmptyState>
          ) : (
            <Facts
              of={hold.settlingTransactionIds.map((id, index) => [
                `Entry ${index + 1}`,
                <Link key={id} href={`/transactions/${encodeURIComponent(id)}`} className="mono" title={id}>
                  {shortId(id)}
                </Link>,
              ])}
            />
          )}
        </Card>
        <Card title="Facts">
          <Facts
            of={[
              ["Made", <TimeAt key="made" at={hold.createdAt} />],
              ["Expires", <TimeAt key="expires" at={hold.expiresAt} />],
              ["Id", <code key="id">{hold.reservationId}</code>],
              ...Object.entries(hold.metadata),
            ]}
          />
        </Card>
      </div>
    </div>
  );
}

function Outcome({ hold }: { hold: Reservation }) {
  if (hold.settledBy === SettledBy.UNSPECIFIED) return "until it is committed, released or expires";
  return `ended by ${enumText(SettledBySchema, hold.settledBy).toLowerCase()}`;
}

function LockedPrices({ hold }: { hold: Reservation }) {
  if (hold.lockedPrices.length === 0)
    return (
      <p className="soft">Held by amount: no price is fixed. Usage is priced as of the hold's making.</p>
    );
  return (
    <Facts
      of={hold.lockedPrices.map(({ priceId, priceVersion, priceBook }) => [
        priceId,
        <>
          version <code>{priceVersion}</code> in {priceBook}
        </>,
      ])}
    />
  );
}

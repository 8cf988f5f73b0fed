import { createClient } from "@connectrpc/connect";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { StripeEvent } from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { transport } from "../../data/transport.ts";
import { EventBadge, PaymentBadge } from "./payment-badges.tsx";

const admin = createClient(AdminService, transport);

/** Processes an event again, from the inbox or, if it never arrived, from Stripe. */
export function ReplayDialog({
  eventId,
  event,
  onClose,
}: {
  eventId: string;
  /** The event as the inbox has it. */
  event?: StripeEvent;
  onClose: () => void;
}) {
  return (
    <ActionDialog
      title="Replay the event"
      about={`${event?.type ?? "The event"} (${eventId}) is processed again.`}
      confirmLabel="Replay"
      entries={eventId}
      preview={async () => event ?? "unknown"}
      showPreview={() => (
        <>
          <Line name="Event" value={event?.type ?? "is fetched from Stripe"} />
          {event && <Line name="State now" value={<EventBadge state={event.state} />} />}
          {event?.lastError && <Line name="Failed last" value={event.lastError} />}
          {event?.effect && <Line name="Did already" value={event.effect} />}
          <p className="soft">What it has done already is not done twice.</p>
        </>
      )}
      run={(draft) =>
        admin.replayStripeEvent(
          { eventId, reason: draft.reason, idempotencyKey: draft.idempotencyKey },
          draft.options,
        )
      }
      showResult={({ event: after, payment }) => (
        <>
          {after && (
            <BeforeAfter
              name="Event"
              before={event ? <EventBadge state={event.state} /> : "not there"}
              after={<EventBadge state={after.state} />}
            />
          )}
          {after?.effect && <Line name="Effect" value={after.effect} />}
          {payment && <Line name="Payment" value={<PaymentBadge state={payment.state} />} />}
        </>
      )}
      onClose={onClose}
    />
  );
}

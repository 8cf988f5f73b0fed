import { PaymentState, PaymentStateSchema } from "#gen/billing/admin/v1/payment_pb.ts";
import { StripeEventState, StripeEventStateSchema } from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { Badge, type Tone } from "../../design/badge.tsx";
import type { IconName } from "../../design/icon.tsx";

type Look = readonly [tone: Tone, icon?: IconName];

const paymentLooks: Readonly<Partial<Record<PaymentState, Look>>> = {
  [PaymentState.PROCESSING]: ["info", "clock"],
  [PaymentState.PAID]: ["warning"],
  [PaymentState.CREDITED]: ["good"],
  [PaymentState.PARTIALLY_REFUNDED]: ["info", "refund"],
  [PaymentState.REFUNDED]: ["neutral", "refund"],
  [PaymentState.DISPUTED]: ["danger"],
  [PaymentState.CHARGED_BACK]: ["danger"],
  [PaymentState.FAILED]: ["neutral", "close"],
};

/** Where a payment stands. */
export function PaymentBadge({ state }: { state: PaymentState }) {
  const text =
    state === PaymentState.PARTIALLY_REFUNDED ? "Partly refunded" : enumText(PaymentStateSchema, state);
  return <LookedBadge look={paymentLooks[state]} text={text} />;
}

const eventLooks: Readonly<Partial<Record<StripeEventState, Look>>> = {
  [StripeEventState.RECEIVED]: ["info", "clock"],
  [StripeEventState.APPLIED]: ["good"],
  [StripeEventState.DUPLICATE]: ["neutral", "copy"],
  [StripeEventState.FAILED]: ["danger"],
  [StripeEventState.PARKED]: ["warning", "clock"],
};

/** What became of an event. */
export function EventBadge({ state }: { state: StripeEventState }) {
  return <LookedBadge look={eventLooks[state]} text={enumText(StripeEventStateSchema, state)} />;
}

function LookedBadge({ look, text }: { look: Look | undefined; text: string }) {
  const [tone = "neutral", icon] = look ?? [];
  return (
    <Badge tone={tone} {...(icon && { icon })}>
      {text}
    </Badge>
  );
}

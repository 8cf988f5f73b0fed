import type { ChannelTarget } from "../../store/alerting/channel-record.ts";

/** One notification to one target. */
export interface Sending {
  readonly deliveryId: string;
  readonly target: ChannelTarget;
  /** As `toWebhookPayload` makes it, in JSON. */
  readonly payload: string;
  readonly signal: AbortSignal;
}

/** What came of it. */
export type SendOutcome =
  | { readonly ok: true; readonly httpStatus: number }
  | {
      readonly ok: false;
      /** 0 if there was no answer. */
      readonly httpStatus: number;
      /** Why, in words. */
      readonly error: string;
      /** The receiver, or the address, refuses it for good. */
      readonly isFinal: boolean;
      /** How long the receiver asks to wait. */
      readonly retryAfterMs: number | undefined;
    };

/** Sends a notification once; does not throw for what the receiver does. */
export type SendNotification = (sending: Sending) => Promise<SendOutcome>;

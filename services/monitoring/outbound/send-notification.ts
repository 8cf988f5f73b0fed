import { fetchOutbound, type OutboundRequest } from "#platform/http-client/fetch-outbound.ts";
import { OutboundError, type OutboundReason } from "#platform/http-client/outbound-error.ts";
import type { OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { WebhookPayload } from "../domain/delivery/notification.ts";
import type { SendNotification, SendOutcome } from "../domain/delivery/send-outcome.ts";
import { deliveryHeader, signatureHeader, signBody } from "./signature.ts";
import { toSlackMessage } from "./slack-message.ts";

/** How notifications leave the process. */
export interface SenderOptions {
  /** Which addresses may be called. */
  readonly policy: OutboundPolicy;
  readonly log: Pick<Logger, "info">;
  readonly now: () => number;
  /** Longest time of one attempt in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** What a receiver says is bounded and thrown away. */
const longestAnswerBytes = 65_536;

/** Where another attempt can help besides the transient faults: operators mend these within the day. */
const mendable: ReadonlySet<OutboundReason> = new Set(["TLS", "INVALID_RESPONSE", "TOO_LARGE", "ABORTED"]);

/** Makes what sends a notification to a channel's target, once. */
export function createSender({ policy, log, now, timeoutMs = 10_000 }: SenderOptions): SendNotification {
  const rules: OutboundPolicy = {
    ...policy,
    maxRedirects: 0,
    maxResponseBytes: longestAnswerBytes,
    totalTimeoutMs: timeoutMs,
    connectTimeoutMs: Math.min(timeoutMs, 5_000),
  };
  const post = (url: string, body: string, headers: OutboundRequest["headers"], signal: AbortSignal) =>
    attempt(
      {
        url,
        method: "POST",
        body,
        headers: { "content-type": "application/json", ...headers },
        signal,
      },
      rules,
    );
  return async ({ deliveryId, target, payload, signal }) => {
    const named = { [deliveryHeader]: deliveryId };
    switch (target.kind) {
      case "log":
        log.info({ delivery_id: deliveryId, notification: JSON.parse(payload) }, "alert notification");
        return { ok: true, httpStatus: 0 };
      case "slack": {
        const message = toSlackMessage(JSON.parse(payload) as WebhookPayload, target.room);
        return post(target.url, JSON.stringify(message), named, signal);
      }
      case "webhook": {
        const signed =
          target.signingSecret === ""
            ? {}
            : { [signatureHeader]: signBody(target.signingSecret, payload, now()) };
        return post(target.url, payload, { ...named, ...signed }, signal);
      }
    }
  };
}

async function attempt(request: OutboundRequest, policy: OutboundPolicy): Promise<SendOutcome> {
  try {
    const response = await fetchOutbound(request, policy);
    return { ok: true, httpStatus: response.notModified ? 304 : response.status };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return {
      ok: false,
      httpStatus: error.status ?? 0,
      error: describe(error, policy),
      isFinal: !error.isTransient && !mendable.has(error.reason),
      retryAfterMs: error.retryAfterMs,
    };
  }
}

function describe(error: OutboundError, { totalTimeoutMs = 0 }: OutboundPolicy): string {
  switch (error.reason) {
    case "TIMEOUT":
      return `timed out after ${totalTimeoutMs / 1_000} s`;
    case "STATUS":
      return `answered with status ${error.status}`;
    case "TOO_MANY_REDIRECTS":
    case "REDIRECT_REFUSED":
      return "answered with a redirect, which is not followed";
    default:
      return error.message;
  }
}

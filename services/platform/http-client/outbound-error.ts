/** Why a call to the outside gave no usable answer. */
export type OutboundReason = keyof typeof reasons;

/** By reason: whether the same call may succeed later. For STATUS the status decides. */
const reasons = {
  /** No complete answer, or no connection, in time. */
  TIMEOUT: { transient: true },
  /** The name has no address. */
  NAME_NOT_RESOLVED: { transient: true },
  /** No connection, or it broke before the answer was complete. Whether the other side acted is unknown. */
  CONNECTION: { transient: true },
  /** The proxy of the environment refused or failed. */
  PROXY: { transient: true },
  /** A certificate that is not trusted, or no TLS at all. */
  TLS: { transient: false },
  /** A status other than the accepted ones. */
  STATUS: { transient: false },
  /** The body or the headers exceed their bound. */
  TOO_LARGE: { transient: false },
  /** The host, a redirect's included, is or resolves to an address that is not public. */
  ADDRESS_REFUSED: { transient: false },
  /** A port that the policy does not name. */
  PORT_REFUSED: { transient: false },
  TOO_MANY_REDIRECTS: { transient: false },
  /** From https to http, or a body to another origin. */
  REDIRECT_REFUSED: { transient: false },
  /** What came is not valid HTTP, or not compressed as it says. */
  INVALID_RESPONSE: { transient: false },
  /** Not an http or https URL. */
  INVALID_URL: { transient: false },
  /** A method or header that HTTP does not allow. */
  INVALID_REQUEST: { transient: false },
  /** The caller's signal ended it. */
  ABORTED: { transient: false },
} as const;

const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface OutboundErrorDetails {
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  readonly bodyExcerpt?: string;
  readonly cause?: unknown;
}

/**
 * A failed call to the outside. The message names method and origin only: paths, queries and credentials of a
 * URL may be secrets.
 */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly reason: OutboundReason;
  /** The HTTP status, with reasons STATUS and TOO_MANY_REDIRECTS. */
  readonly status: number | undefined;
  /** What the answer's Retry-After asks for, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
  /** The beginning of the body that came with the status; text of the other side. */
  readonly bodyExcerpt: string | undefined;
  /** Whether the same call may succeed later. */
  readonly isTransient: boolean;

  constructor(reason: OutboundReason, message: string, details: OutboundErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.bodyExcerpt = details.bodyExcerpt;
    this.isTransient =
      reason === "STATUS" ? transientStatuses.has(details.status ?? 0) : reasons[reason].transient;
  }
}

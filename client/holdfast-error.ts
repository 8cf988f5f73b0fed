import type { Message } from "@bufbuild/protobuf";
import type { Code } from "@connectrpc/connect";
import type { Reason } from "./error-catalogue.ts";

/** One field of a request and what is wrong with it. */
export interface FieldViolation {
  /** Path in the request as the proto names it, for example `usage.usages[0].price_id`. */
  readonly field: string;
  readonly description: string;
}

/** What a {@link HoldfastError} says. */
export interface HoldfastErrorFacts {
  readonly reason: Reason;
  readonly code: Code;
  readonly method: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fields?: readonly FieldViolation[];
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
  readonly advice: string;
  readonly attempts: number;
  readonly request?: Message | undefined;
  readonly cause?: unknown;
}

/** The one error of every call. Its message starts with the reason. */
export class HoldfastError extends Error {
  override readonly name: string = "HoldfastError";
  /** Why: a name of the error catalogue, for example `INSUFFICIENT_FUNDS`, or one of the client's own. */
  readonly reason: Reason;
  /** The RPC status code. */
  readonly code: Code;
  /** What was called, for example `billing.core.v1.BillingCoreService/Charge`. */
  readonly method: string;
  /** Facts for programs, names in snake_case, for example `required` and `spendable`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Fields of the request at fault. */
  readonly fields: readonly FieldViolation[];
  /**
   * Whether it is safe to send the same request again, with the same idempotency key, and may succeed. Where
   * it is true, the client has already done so as often as its bounds allow.
   */
  readonly retryable: boolean;
  /** Earliest time from the error at which trying again is sensible, in milliseconds, if the server said so. */
  readonly retryAfterMs: number | undefined;
  /** Under which the server's log has the call; undefined if no answer came. */
  readonly requestId: string | undefined;
  /** One sentence: what to do. */
  readonly advice: string;
  /** How often the request was sent. */
  readonly attempts: number;
  /**
   * The request as it was sent, with the idempotency keys that the client chose: calling with it again cannot
   * have a second effect. Undefined where nothing was sent. Not printed.
   */
  declare readonly request: Message | undefined;

  constructor(message: string, facts: HoldfastErrorFacts) {
    super(`${facts.reason}: ${message}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.reason = facts.reason;
    this.code = facts.code;
    this.method = facts.method;
    this.metadata = facts.metadata ?? {};
    this.fields = facts.fields ?? [];
    this.retryable = facts.retryable;
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
    this.advice = facts.advice;
    this.attempts = facts.attempts;
    Object.defineProperty(this, "request", { value: facts.request });
  }
}

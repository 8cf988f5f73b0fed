import type { Overage } from "../store/calls/commit.ts";
import type { GrantTerms } from "../store/calls/credit.ts";
import type { AmountUnit } from "../store/function-call.ts";
import type { ExpiryAction } from "../store/hold-record.ts";
import type { CreditKind } from "../store/journal-entry.ts";
import type { QuoteUse } from "../store/quote-use.ts";
import type { Idempotency } from "./idempotency.ts";

export type { Overage } from "../store/calls/commit.ts";
export type { GrantTerms } from "../store/calls/credit.ts";
export type { CreditReference } from "../store/calls/find-replay.ts";
export type { QuoteUse } from "../store/quote-use.ts";

/** Most UTF-8 bytes of a memo. */
export const mostMemoBytes = 131_072;
/** Most UTF-8 bytes of a hold's terms. */
export const mostTermsBytes = 32_768;

/** Burn-down priority of plain balance, and of a grant that names none. */
export const plainPriority = 50;

/** What every operation that moves money takes. */
export interface Posting {
  readonly idempotency: Idempotency;
  /**
   * What the entry keeps besides: pricing inputs, source amount, rate, description, metadata. Opaque JSON of
   * at most {@link mostMemoBytes} bytes; may be empty.
   */
  readonly memo: string;
}

/** A posting whose amount may have been converted under a quote. */
export interface QuotedPosting extends Posting {
  /** Recorded in the same step, by the clock of Redis; undefined for none. */
  readonly quote: QuoteUse | undefined;
}

/** A posting whose amount was derived for a currency and scale, which the account must have: else UNIT_DIFFERS. */
export interface DerivedPosting extends QuotedPosting {
  readonly unit: AmountUnit;
}

/** Money in. */
export interface Credit extends QuotedPosting {
  readonly accountId: string;
  /** More than 0. */
  readonly amountAtoms: bigint;
  /** Where the money comes from, for example `stripe`. */
  readonly source: string;
  /** Unique per account and source for ever; empty for none. */
  readonly externalReference: string;
  readonly kind: CreditKind;
  /** The amount as the caller sent it, in canonical form; a repeat of the reference is compared by it. */
  readonly amountSent: string;
  /** Makes it a grant; undefined for plain balance. */
  readonly grant: GrantTerms | undefined;
}

/** A one-shot debit. */
export interface Charge extends DerivedPosting {
  readonly accountId: string;
  /** 0 or more. */
  readonly amountAtoms: bigint;
}

/** A hold. */
export interface Reserve extends DerivedPosting {
  readonly accountId: string;
  /** 0 or more. */
  readonly amountAtoms: bigint;
  /** 1 ms to 24 h. */
  readonly holdTtlMs: number;
  readonly onExpiry: ExpiryAction;
  /** What the hold fixes for settling; opaque JSON of at most {@link mostTermsBytes} bytes. */
  readonly terms: string;
}

/** The settlement of a hold. */
export interface Commit extends DerivedPosting {
  readonly reservationId: string;
  /** 0 or more; adds to what was taken before. */
  readonly amountAtoms: bigint;
  readonly overage: Overage;
  /** Leaves the rest held. */
  readonly keepOpen: boolean;
  /** Settles an expired hold as a direct debit, once. */
  readonly acceptExpired: boolean;
}

/** A later expiry of a hold, more held, or both. */
export interface Extend extends Posting {
  readonly reservationId: string;
  /** From now, 1 ms to 24 h; undefined leaves the expiry. */
  readonly holdTtlMs: number | undefined;
  /** New remaining total, never smaller; undefined leaves it. */
  readonly remainingAtoms: bigint | undefined;
}

/** The end of a hold without a debit. */
export interface Release extends Posting {
  readonly reservationId: string;
}

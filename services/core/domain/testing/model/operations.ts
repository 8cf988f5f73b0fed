import type { CreditKind } from "../../../store/journal-entry.ts";
import type { Overage } from "../../operations.ts";

/** When something ends: far from now, or so soon that it is over some operations later. */
export type ModelEnd = "never" | "soon" | "in 1 h" | "in 2 h";

/** Money in; a priority or an end makes it a grant. */
export interface ModelCredit {
  readonly do: "credit";
  readonly amount: bigint;
  /** Empty for none. */
  readonly reference: string;
  readonly kind: CreditKind;
  readonly grant: { readonly priority: number; readonly end: ModelEnd } | undefined;
  readonly quote: ModelQuote | undefined;
}

/** A quote by its number of uses, 0 for no bound; each account has one of each. */
export type ModelQuote = 0 | 2;

export interface ModelCharge {
  readonly do: "charge";
  readonly amount: bigint;
  readonly quote: ModelQuote | undefined;
}

export interface ModelReserve {
  readonly do: "reserve";
  readonly amount: bigint;
  readonly capture: boolean;
  readonly end: "soon" | "in 1 h";
  readonly quote: ModelQuote | undefined;
}

export interface ModelCommit {
  readonly do: "commit";
  /** Counts the holds made so far. */
  readonly hold: number;
  readonly amount: bigint;
  readonly overage: Overage;
  readonly keepOpen: boolean;
  readonly acceptExpired: boolean;
  readonly quote: ModelQuote | undefined;
}

/** A later end, or one that is too soon or too late; and a total that is more or less than what is held. */
export interface ModelExtend {
  readonly do: "extend";
  readonly hold: number;
  readonly end: "as it is" | "later" | "too soon" | "too late";
  /** What the hold has as the caller knows it. */
  readonly held: bigint;
  /** Added to that; undefined leaves it. */
  readonly more: bigint | undefined;
}

export interface ModelRefund {
  readonly do: "refund";
  /** Sequence; maybe of an entry that can't be refunded or does not exist. */
  readonly entry: number;
  /** Undefined for all that is left. */
  readonly amount: bigint | undefined;
}

export interface ModelReversal {
  readonly do: "reverse";
  readonly reference: string;
  readonly total: bigint;
  readonly revision: number;
}

/** Everything that may happen to an account. */
export type ModelOperation =
  | ModelCredit
  | ModelCharge
  | ModelReserve
  | ModelCommit
  | ModelExtend
  | ModelRefund
  | ModelReversal
  | { readonly do: "release" | "expire" | "read"; readonly hold: number }
  /** `grant` counts the grants made so far. */
  | { readonly do: "expire grant"; readonly grant: number }
  | { readonly do: "adjust"; readonly amount: bigint; readonly allowNegative: boolean }
  | { readonly do: "freeze" | "unfreeze"; readonly reason: string }
  /** `stale` bases it on another version than the account's. */
  | { readonly do: "update"; readonly limit: bigint; readonly stale: boolean }
  | { readonly do: "close"; readonly version: "any" | "right" | "stale" }
  /** Until the next end that is near, if there is one. */
  | { readonly do: "wait" };

/** Operations that move money, which a repeated key answers again. */
export const postingOperations: ReadonlySet<ModelOperation["do"]> = new Set<ModelOperation["do"]>([
  ...(["credit", "charge", "reserve", "commit", "extend", "release", "refund", "reverse", "adjust"] as const),
]);

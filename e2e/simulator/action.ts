import type { CreditKind } from "../../services/core/store/journal-entry.ts";

/** Currencies of the accounts. Prices are in dollars, so that usage on an account in euros is converted. */
export type Currency = "USD" | "EUR";

/** What a debit or a hold is stated by: units of 10⁻⁸ of the account's currency, or usage that Pricing prices. */
export type Price =
  | { readonly atoms: bigint }
  | { readonly priceId: string; readonly quantities: Readonly<Record<string, string>> };

export type Overage = "REJECT" | "CAP" | "DEBT";

/**
 * One thing to do with money. `of` and `hold` name an earlier step of the same story, by its place; that step must
 * have been answered, else this one is left out.
 */
export type Action =
  | { readonly do: "open"; readonly currency: Currency; readonly limitAtoms: bigint }
  | {
      readonly do: "credit";
      readonly atoms: bigint;
      readonly kind: CreditKind;
      readonly hasReference: boolean;
      /** Makes it a grant. `endsInMs` undefined for never. */
      readonly grant: { readonly priority: number; readonly endsInMs: number | undefined } | undefined;
    }
  /** The same payment again, as another call. */
  | { readonly do: "credit again"; readonly of: number }
  | { readonly do: "charge"; readonly price: Price }
  /** Charges in one call, on these accounts of the generation. */
  | { readonly do: "charge batch"; readonly lines: readonly { account: number; atoms: bigint }[] }
  | { readonly do: "reserve"; readonly price: Price; readonly ttlMs: number; readonly captures: boolean }
  | {
      readonly do: "extend";
      readonly hold: number;
      readonly ttlMs: number | undefined;
      readonly more: bigint;
    }
  | {
      readonly do: "commit";
      readonly hold: number;
      readonly price: Price;
      readonly overage: Overage;
      readonly keepOpen: boolean;
      readonly acceptExpired: boolean;
      /** Whether to wait until the hold is over. */
      readonly late: boolean;
    }
  | { readonly do: "release"; readonly hold: number }
  | { readonly do: "refund"; readonly of: number; readonly atoms: bigint | undefined }
  | { readonly do: "reverse"; readonly of: number; readonly totalAtoms: bigint; readonly revision: number }
  | { readonly do: "adjust"; readonly atoms: bigint; readonly allowNegative: boolean }
  | {
      readonly do: "top up";
      /** In hundredths of the account's currency. */
      readonly cents: number;
      readonly pays: "at once" | "later" | "after a decline";
      readonly afterwards: "nothing" | "refunded in part" | "refunded" | "dispute won";
      /** Decides the order in which the events arrive, and which of them twice. */
      readonly orderSeed: number;
    };

/** Ways of calling Core. */
export const doors = ["grpc", "grpc-web", "connect-json", "connect-http1"] as const;
export type Door = (typeof doors)[number];

/** An action with how it is sent. */
export interface Step {
  /** Place in the whole plan, from 1. */
  readonly number: number;
  readonly action: Action;
  readonly door: Door;
  /** Whether it is sent a second time with the same key, at the same time or after the answer, and by which door. */
  readonly again: { readonly when: "at once" | "afterwards"; readonly door: Door } | undefined;
}

/** Steps that follow one another on one account. */
export interface Story {
  /** Place among the accounts of its generation. */
  readonly account: number;
  readonly steps: readonly Step[];
}

import { fromAtoms } from "#money/atoms.ts";
import type { CommonReason } from "#platform/errors/common-error.ts";
import type { FunctionRefusal } from "../store/store-fault.ts";
import { CoreError, type CoreReason } from "./core-error.ts";
import { encodeTransactionId } from "./resource-id.ts";

type Facts = Readonly<Record<string, string>>;

/** What is wrong with a time, by the field that says it. */
const timeMessages: Readonly<Record<string, string>> = {
  expires_at: "must lie in the future",
  hold_ttl: "must not shorten the hold, which lives at most 24 h in all",
};

/** What each refusal of the ledger says; the facts are those of the metadata. */
const messages = {
  ACCOUNT_NOT_FOUND: () => "there is no such account",
  ACCOUNT_EXISTS: () => "the account exists with other settings",
  ACCOUNT_FROZEN: ({ freeze_reasons }) => `the account is frozen (${freeze_reasons}) and takes no new debits`,
  ACCOUNT_CLOSED: () => "the account is closed",
  ACCOUNT_NOT_EMPTY: ({ posted, reserved, open_reservations, currency_code }) =>
    `the account has ${posted} ${currency_code} posted and ${open_reservations} open reservations ` +
    `that hold ${reserved}`,
  FREEZE_LIMIT_REACHED: ({ limit }) => `the account has ${limit} freeze reasons`,
  VERSION_MISMATCH: ({ current_version }) => `the account has changed: its version is ${current_version}`,
  INSUFFICIENT_FUNDS: ({ required, spendable, reserved, currency_code }) =>
    `${required} ${currency_code} needed beyond what is held for it, ` +
    `${spendable} spendable, ${reserved} held by reservations`,
  AMOUNT_OVERFLOW: () => "the balance after it would be larger than the ledger can hold",
  AMOUNT_EXCEEDS_RESERVATION: ({ remaining, currency_code }) =>
    `a capture that keeps the reservation open may take at most the ${remaining} ${currency_code} it holds`,
  RESERVATION_NOT_FOUND: () => "there is no such reservation, or it was settled long ago",
  RESERVATION_EXPIRED: () => "the reservation has expired",
  RESERVATION_ALREADY_COMMITTED: () => "the reservation was settled by another call",
  RESERVATION_ALREADY_RELEASED: () => "the reservation was released",
  RESERVATION_LIMIT_REACHED: ({ limit }) => `the account has ${limit} open reservations`,
  AMOUNT_INVALID: ({ field, least, most }) =>
    `${field}: ${least === undefined ? `at most ${most}` : `at least ${least}, what is held now`}`,
  REFERENCE_NOT_FOUND: () => "no credit has this external reference",
  TRANSACTION_NOT_REFUNDABLE: () => "only what a charge, a commit or a capturing expiry took can be refunded",
  REFUND_EXCEEDS_CHARGE: ({ refundable, currency_code }) =>
    `${refundable} ${currency_code} of it can still be refunded`,
  QUOTE_EXPIRED: () => "the quote's time is over",
  QUOTE_NOT_APPLICABLE: ({ max_uses }) => `the quote was used up: it may be used ${max_uses} times`,
  GRANT_LIMIT_REACHED: ({ limit }) => `the account has ${limit} active grants`,
  TIME_OUT_OF_RANGE: ({ field }) => `${field}: ${timeMessages[field ?? ""]}`,
  REFERENCE_REUSED: () => "the external reference was credited with another amount",
  IDEMPOTENCY_KEY_REUSED: () => "the idempotency key was used with another request",
  TRANSACTION_NOT_FOUND: () => "there is no such transaction",
} satisfies Partial<Record<CommonReason | CoreReason, (facts: Facts) => string>>;

const amountFacts: ReadonlySet<string> = new Set([
  "required",
  "spendable",
  "reserved",
  "remaining",
  "refundable",
  "least",
  "most",
  "posted",
]);

/** A refusal of the store as the caller gets it: amounts as decimals, transactions as ids. */
export function toCoreError(accountId: string, refusal: FunctionRefusal): CoreError {
  const reason = refusal.reason as keyof typeof messages;
  const message: ((facts: Facts) => string) | undefined = messages[reason];
  if (message === undefined) throw refusal;
  const metadata = toMetadata(accountId, refusal.facts);
  return new CoreError(reason, message(metadata), { metadata, cause: refusal });
}

function toMetadata(accountId: string, { scale, ...facts }: Facts): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => {
      if (amountFacts.has(name)) return [name, fromAtoms(BigInt(value), Number(scale))];
      if (name !== "transaction_sequence") return [name, value];
      return ["transaction_id", encodeTransactionId({ accountId, sequence: Number(value) })];
    }),
  );
}

import type { Transaction } from "#gen/billing/core/v1/transaction_pb.ts";
import type { Action, Currency, Door } from "./action.ts";

/** What a call answered, as far as it is compared. */
export interface Answer {
  /** Undefined where nothing was posted: a payment that was begun, or a reversal that changed nothing. */
  readonly transaction: Transaction | undefined;
  readonly reservationId: string;
  /** When the hold ends and what it holds, if the answer has one. */
  readonly expiresMs: number;
  readonly remainingAtoms: bigint;
  readonly isReplay: boolean;
  /** Everything that was answered, except whether it is a replay; a retry must get the same. */
  readonly words: string;
}

/** How one attempt ended. */
export type Attempt =
  | { readonly kind: "answered"; readonly answer: Answer }
  /** Decided against: nothing was done. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Not decided and certainly not done: to be sent again. */
  | { readonly kind: "turned away"; readonly reason: string }
  /** Whether it was done is not known: to be sent again. */
  | { readonly kind: "unknown"; readonly reason: string };

/** What an action came to be when it was sent: the facts that the journal has to confirm. */
export interface Facts {
  readonly accountId: string;
  readonly currency: Currency;
  readonly action: Action;
  /** What it should cost or hold, in units of 10⁻⁸. */
  readonly atoms: bigint;
  /** End of a grant in epoch milliseconds; Infinity for never. */
  readonly endsAtMs: number;
  /** The hold, or the transaction, that it names. */
  readonly names: string;
  /** Reference of a credit, or of the credit that is reversed. */
  readonly reference: string;
  /** What the caller knew to be held, for an extension. */
  readonly heldAtoms: bigint;
}

/** Most attempts of which a deed remembers how they went. */
const rememberedAttempts = 16;

/** One call with a key of its own, over all its attempts. */
export class Deed {
  readonly number: number;
  readonly key: string;
  readonly facts: Facts;
  /** The first answer, once there is one. */
  answer: Answer | undefined;
  refusal: string | undefined;
  attempts = 0;
  unknownAttempts = 0;
  /** Whether an attempt of unknown outcome turned out to have been done; undefined if none did. */
  wasDoneUnknowingly = false;
  /** Sequences of the journal entries that have its key. */
  readonly entries: number[] = [];
  readonly log: string[] = [];

  constructor(number: number, key: string, facts: Facts) {
    this.number = number;
    this.key = key;
    this.facts = facts;
  }

  /** Notes how an attempt ended; gives a sentence if that contradicts what was answered before. */
  note(attempt: Attempt, door: Door | "admin", atMs: number): string | undefined {
    this.attempts++;
    this.log.push(`${new Date(atMs).toISOString().slice(11, 23)} by ${door}: ${wordsOf(attempt)}`);
    if (this.log.length > rememberedAttempts) this.log.splice(1, 1);
    switch (attempt.kind) {
      case "answered":
        return this.#noteAnswer(attempt.answer);
      case "refused":
        this.refusal = attempt.reason;
        return;
      case "unknown":
        this.unknownAttempts++;
        return;
      case "turned away":
        return;
    }
  }

  #noteAnswer(answer: Answer): string | undefined {
    if (this.answer === undefined) {
      this.answer = answer;
      this.wasDoneUnknowingly = answer.isReplay && this.unknownAttempts > 0;
      return;
    }
    if (answer.words === this.answer.words) return;
    return `${this.key} was answered differently the second time:\n  ${this.answer.words}\n  ${answer.words}`;
  }

  /** In one line, for the history of an account. */
  describe(): string {
    const { action, atoms, names, reference } = this.facts;
    const facts = JSON.stringify(action, (_, value) => (typeof value === "bigint" ? `${value}` : value));
    const more = [names && `names ${names}`, reference && `reference ${reference}`]
      .filter(Boolean)
      .join(", ");
    return `${this.key} ${facts}, ${atoms} atoms${more && `, ${more}`}\n    ${this.log.join("\n    ")}`;
  }
}

function wordsOf(attempt: Attempt): string {
  if (attempt.kind !== "answered") return `${attempt.kind} (${attempt.reason})`;
  const { transaction, isReplay } = attempt.answer;
  const entry = transaction === undefined ? "without an entry" : `entry ${transaction.sequence}`;
  return `answered, ${entry}${isReplay ? ", a replay" : ""}`;
}

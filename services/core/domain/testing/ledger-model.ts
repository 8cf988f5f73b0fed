import type { Overage } from "../operations.ts";

/** What may happen to an account; `hold` counts the holds made so far, modulo their number. */
export type ModelOperation =
  | { readonly do: "credit"; readonly amount: bigint; readonly reference: string }
  | { readonly do: "charge"; readonly amount: bigint }
  | { readonly do: "reserve"; readonly amount: bigint; readonly capture: boolean; readonly short: boolean }
  | {
      readonly do: "commit";
      readonly hold: number;
      readonly amount: bigint;
      readonly overage: Overage;
      readonly keepOpen: boolean;
      readonly acceptExpired: boolean;
    }
  | { readonly do: "release"; readonly hold: number }
  | { readonly do: "expire"; readonly hold: number }
  | { readonly do: "read"; readonly hold: number }
  | { readonly do: "freeze" | "thaw" };

interface ModelHold {
  state: "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED";
  remaining: bigint;
  captured: bigint;
  settlements: number[];
  readonly capture: boolean;
  /** Its time is over; nothing has touched it since. */
  due: boolean;
  /** Columns when it was freed are those of this entry. */
  freedBy: number;
}

class Refused extends Error {}

const int64Max = 2n ** 63n - 1n;

/** The ledger's rules for one account, as plainly as they can be said. */
export class LedgerModel {
  available = 0n;
  reserved = 0n;
  funded = 0n;
  spent = 0n;
  sequence = 1;
  frozen = false;
  readonly holds: ModelHold[] = [];
  readonly creditLimit: bigint;
  readonly #credits = new Map<string, { readonly amount: bigint; readonly answer: string }>();

  constructor(creditLimit: bigint) {
    this.creditLimit = creditLimit;
  }

  get columns(): string {
    return `${this.available} ${this.reserved} ${this.funded} ${this.spent} 0`;
  }

  /** Performs an operation: the answer in words, or the reason of its refusal. */
  perform(operation: ModelOperation): string {
    try {
      return this.#perform(operation);
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
  }

  #perform(operation: ModelOperation): string {
    switch (operation.do) {
      case "credit":
        return this.#credit(operation.amount, operation.reference);
      case "charge":
        this.#requireDebit(operation.amount);
        this.#move({ available: -operation.amount, spent: operation.amount });
        return this.#posted();
      case "reserve":
        return this.#reserve(operation);
      case "commit":
        return this.#commit(operation);
      case "release":
        return this.#release(operation.hold);
      case "expire":
        return this.#expireIfDue(this.#hold(operation.hold)) ? "expired" : "unchanged";
      case "read": {
        const hold = this.#hold(operation.hold);
        this.#expireIfDue(hold);
        return describeModelHold(hold);
      }
      case "freeze":
      case "thaw":
        this.frozen = operation.do === "freeze";
        return "ok";
    }
  }

  #credit(amount: bigint, reference: string): string {
    const first = reference === "" ? undefined : this.#credits.get(reference);
    if (first !== undefined) {
      if (first.amount !== amount) throw new Refused("REFERENCE_REUSED");
      return `replay ${first.answer}`;
    }
    this.#move({ available: amount, funded: amount });
    const answer = this.#posted();
    if (reference !== "") this.#credits.set(reference, { amount, answer });
    return answer;
  }

  #reserve({ amount, capture, short }: Extract<ModelOperation, { do: "reserve" }>): string {
    this.#requireDebit(amount);
    this.#move({ available: -amount, reserved: amount });
    const hold: ModelHold = {
      state: "HELD",
      remaining: amount,
      captured: 0n,
      settlements: [],
      capture,
      due: false,
      freedBy: 0,
    };
    this.holds.push(hold);
    const answer = `${this.#posted()} ${describeModelHold(hold)}`;
    hold.due = short;
    return answer;
  }

  #commit(operation: Extract<ModelOperation, { do: "commit" }>): string {
    const { amount, overage, keepOpen, acceptExpired } = operation;
    const hold = this.#hold(operation.hold);
    this.#expireIfDue(hold);
    const late = hold.state === "EXPIRED" && acceptExpired && !keepOpen;
    if (hold.state !== "HELD" && !late) throw new Refused(refusalOf[hold.state]);
    const beyond = amount - hold.remaining;
    let taken = amount;
    if (beyond > 0n) {
      if (keepOpen) throw new Refused("AMOUNT_EXCEEDS_RESERVATION");
      if (overage === "REJECT") throw new Refused("INSUFFICIENT_FUNDS");
      const spendable = this.available + this.creditLimit;
      const room = spendable < 0n ? 0n : spendable;
      if (overage === "CAP" && beyond > room) taken = hold.remaining + room;
    }
    if (hold.captured + taken > int64Max) throw new Refused("AMOUNT_OVERFLOW");
    const fromHold = keepOpen ? taken : hold.remaining;
    this.#move({ reserved: -fromHold, available: fromHold - taken, spent: taken });
    hold.captured += taken;
    hold.remaining -= fromHold;
    if (!keepOpen) hold.state = "COMMITTED";
    const answer = this.#posted(amount - taken);
    hold.settlements.push(this.sequence);
    return `${answer} ${describeModelHold(hold)}`;
  }

  #release(index: number): string {
    const hold = this.#hold(index);
    this.#expireIfDue(hold);
    if (hold.state === "COMMITTED") throw new Refused(refusalOf.COMMITTED);
    if (hold.state === "HELD") {
      this.#move({ reserved: -hold.remaining, available: hold.remaining });
      this.sequence += 1;
      this.#end(hold, "RELEASED");
    }
    return `ok #${hold.freedBy} uncollected=0 ${this.columns} ${describeModelHold(hold)}`;
  }

  #expireIfDue(hold: ModelHold): boolean {
    if (hold.state !== "HELD" || !hold.due) return false;
    const amount = hold.remaining;
    this.#move({ reserved: -amount, ...(hold.capture ? { spent: amount } : { available: amount }) });
    this.sequence += 1;
    if (hold.capture) hold.captured += amount;
    this.#end(hold, hold.capture ? "COMMITTED" : "EXPIRED");
    return true;
  }

  #end(hold: ModelHold, state: ModelHold["state"]): void {
    hold.state = state;
    hold.remaining = 0n;
    hold.freedBy = this.sequence;
    hold.settlements.push(this.sequence);
  }

  #hold(index: number): ModelHold {
    return this.holds[index % this.holds.length]!;
  }

  #requireDebit(amount: bigint): void {
    if (this.frozen) throw new Refused("ACCOUNT_FROZEN");
    if (amount > this.available + this.creditLimit) throw new Refused("INSUFFICIENT_FUNDS");
  }

  #move({ available = 0n, reserved = 0n, funded = 0n, spent = 0n }): void {
    const after = [this.available + available, this.reserved + reserved];
    const posted = after[0]! + after[1]!;
    if ([...after, posted].some((column) => column > int64Max || column < -int64Max)) {
      throw new Refused("AMOUNT_OVERFLOW");
    }
    this.available += available;
    this.reserved += reserved;
    this.funded += funded;
    this.spent += spent;
  }

  #posted(uncollected = 0n): string {
    this.sequence += 1;
    return `ok #${this.sequence} uncollected=${uncollected} ${this.columns}`;
  }
}

const refusalOf = {
  HELD: "",
  COMMITTED: "RESERVATION_ALREADY_COMMITTED",
  RELEASED: "RESERVATION_ALREADY_RELEASED",
  EXPIRED: "RESERVATION_EXPIRED",
} as const;

function describeModelHold({ state, remaining, captured, settlements }: ModelHold): string {
  return `${state} ${remaining}/${captured} by ${settlements.slice(-32).join("+")}`;
}

import { close, setFreeze, update } from "./account-rules.ts";
import { expireGrant } from "./burn-down.ts";
import { refund, reverse } from "./correction-rules.ts";
import { commit, describeHold, expireDue, extend, release, reserve } from "./hold-rules.ts";
import {
  columnsOf,
  type ModelHold,
  type ModelState,
  newAccountState,
  Refused,
  refundableOf,
  remainingOf,
  spendableOf,
} from "./model-state.ts";
import { adjust, charge, credit } from "./money-rules.ts";
import type { ModelOperation } from "./operations.ts";
import type { ModelInventory } from "./proposal.ts";

/** The ledger's rules for one account, as plainly as they can be said: no limbs, no legs, no keys. */
export class LedgerModel {
  #state: ModelState;
  /** What stands when an operation is refused. */
  #saved: ModelState;

  constructor(start: ModelState) {
    this.#state = this.#saved = start;
  }

  static withLimit(creditLimit: bigint): LedgerModel {
    return new LedgerModel(newAccountState(creditLimit));
  }

  /** The same account at the same moment, which goes its own way. */
  copy(): LedgerModel {
    return new LedgerModel(structuredClone(this.#state));
  }

  /** Times to come at which something ends. */
  get ends(): number[] {
    const { nowMs, grants, holds } = this.#state;
    return [...grants, ...holds].map(({ expiresMs }) => expiresMs).filter((expiresMs) => expiresMs > nowMs);
  }

  /** What the account has that operations name. */
  get inventory(): ModelInventory {
    const { holds, grants, entries, references } = this.#state;
    return {
      holds: holds.map(remainingOf),
      grants: grants.map(({ sequence }) => sequence),
      entries: entries.size,
      refundable: new Map(
        [...entries]
          .filter(([, { refundable }]) => refundable)
          .map(([sequence, entry]) => [sequence, refundableOf(entry)]),
      ),
      spendable: spendableOf(this.#state),
      references: new Map([...references].map(([reference, { amount }]) => [reference, amount])),
    };
  }

  /** Lets time pass; it never goes back. */
  passTo(nowMs: number): void {
    this.#state.nowMs = Math.max(this.#state.nowMs, nowMs);
  }

  /**
   * Performs an operation: the answer in words, or the reason of its refusal. `expiresMs` is what an end that the
   * operation names came to.
   */
  perform(operation: ModelOperation, expiresMs: number): string {
    this.#save();
    try {
      return this.#perform(operation, expiresMs);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#state = this.#saved;
      return error.message;
    }
  }

  /** Everything that the account is now, in words. */
  describe(): string {
    const { entries, grants, holds } = this.#state;
    const described = grants.map(
      ({ sequence, free, held, expired }) => `${sequence}:${free + held}(${held})-${expired}`,
    );
    const held = holds.filter(({ state }) => state === "HELD").map((hold) => remainingOf(hold));
    return [
      `${columnsOf(this.#state)} #${entries.size}`,
      `grants ${described.join(" ")}`,
      `held ${held.map(String).sort().join(" ")}`,
    ].join("; ");
  }

  #perform(operation: ModelOperation, expiresMs: number): string {
    const state = this.#state;
    const save = () => this.#save();
    switch (operation.do) {
      case "credit":
        return credit(state, operation, expiresMs);
      case "charge":
        return charge(state, operation);
      case "reserve":
        return reserve(state, operation, expiresMs);
      case "commit":
        return commit(state, this.#hold(operation.hold), operation, save);
      case "extend":
        return extend(state, this.#hold(operation.hold), operation, expiresMs, save);
      case "release":
        return release(state, this.#hold(operation.hold), save);
      case "refund":
        return refund(state, operation);
      case "reverse":
        return reverse(state, operation);
      case "adjust":
        return adjust(state, operation.amount, operation.allowNegative);
      case "freeze":
      case "unfreeze":
        return setFreeze(state, operation.reason, operation.do === "freeze");
      case "update":
        return update(state, operation.limit, operation.stale);
      case "close":
        return close(state, operation.version);
      case "expire":
        return this.#touch(this.#hold(operation.hold)) ? "expired" : "unchanged";
      case "read":
        this.#touch(this.#hold(operation.hold));
        return describeHold(this.#hold(operation.hold));
      case "wait":
        return "ok";
      case "expire grant":
        return expireGrant(state, state.grants[operation.grant]!) ? "expired" : "unchanged";
    }
  }

  /** What looks at a hold performs its expiry if it is due. */
  #touch(hold: ModelHold): boolean {
    const isDue = hold.state === "HELD" && hold.expiresMs <= this.#state.nowMs;
    if (isDue) expireDue(this.#state, hold);
    return isDue;
  }

  #hold(index: number): ModelHold {
    return this.#state.holds[index]!;
  }

  /** What was done until now stands, also if the operation is refused. */
  #save(): void {
    this.#saved = structuredClone(this.#state);
  }
}

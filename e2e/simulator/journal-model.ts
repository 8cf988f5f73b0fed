import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { setFreeze } from "../../services/core/domain/testing/model/account-rules.ts";
import { expireGrant, grantOf } from "../../services/core/domain/testing/model/burn-down.ts";
import { refund, reverse } from "../../services/core/domain/testing/model/correction-rules.ts";
import {
  commit,
  expireDue,
  extend,
  release,
  reserve,
} from "../../services/core/domain/testing/model/hold-rules.ts";
import {
  answerOf,
  columnsOf,
  type ModelHold,
  type ModelReference,
  type ModelState,
  newAccountState,
  remainingOf,
} from "../../services/core/domain/testing/model/model-state.ts";
import { adjust, charge, credit } from "../../services/core/domain/testing/model/money-rules.ts";
import { atomsOf } from "../testing/expected-cost.ts";
import type { Facts } from "./deed.ts";
import { typeName } from "./entry-words.ts";

const keep = () => {};

/**
 * The ledger's rules for one account, followed along its journal: each entry is done again by the reference model,
 * with the amounts that the caller asked for, and must come to the same.
 */
export class JournalModel {
  readonly #state: ModelState;
  readonly #holds = new Map<string, ModelHold>();
  /** Sequences by transaction id. */
  readonly #sequences = new Map<string, number>();

  constructor(creditLimit: bigint) {
    this.#state = newAccountState(creditLimit);
  }

  get sequence(): number {
    return this.#state.entries.size;
  }

  /** "available reserved funded spent expired". */
  get columns(): string {
    return columnsOf(this.#state);
  }

  /** What open holds hold, by their ids. */
  get openHolds(): Map<string, bigint> {
    const open = [...this.#holds].filter(([, { state }]) => state === "HELD");
    return new Map(open.map(([id, hold]) => [id, remainingOf(hold)]));
  }

  /** Times at which an open hold or a grant with something left ends. */
  get ends(): number[] {
    const holds = this.#state.holds.filter(({ state }) => state === "HELD");
    const grants = this.#state.grants.filter(({ free }) => free > 0n);
    return [...holds, ...grants].map(({ expiresMs }) => expiresMs);
  }

  /** What was credited and reversed under a source and reference; undefined if nothing was. */
  reference(source: string, reference: string): Pick<ModelReference, "amount" | "reversed"> | undefined {
    return this.#state.references.get(`${source}:${reference}`);
  }

  /** Names under which a source credited. */
  referencesOf(source: string): string[] {
    const prefix = `${source}:`;
    const names = [...this.#state.references.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length));
  }

  /**
   * Does what an entry says was done. `facts` are what the caller asked for, undefined where nobody of the simulator
   * asked: expiries, and what Admin does for payments.
   *
   * @returns what it comes to and what the entry says, in the same words.
   * @throws Error if the rules refuse what the journal says was done.
   */
  follow(entry: Transaction, facts: Facts | undefined): { expected: string; found: string } {
    const state = this.#state;
    const createdMs = timestampMs(entry.createdAt!);
    state.nowMs = Math.max(state.nowMs, createdMs);
    const before = state.entries.size;
    const expected =
      before === 0 || entry.type === TransactionType.ACCOUNT_CREATED
        ? answerOf(state, 1)
        : this.#perform(entry, facts, createdMs);
    this.#sequences.set(entry.transactionId, Number(entry.sequence));
    const after = entry.balanceAfter!;
    const columns = [after.available, after.reserved, after.funded, after.spent, after.expired];
    const found =
      `ok #${entry.sequence} amount=${atomsOf(entry.amount!.amount)} ` +
      `uncollected=${atomsOf(entry.uncollected?.amount ?? "0")} ` +
      columns.map((column) => atomsOf(column!.amount)).join(" ");
    return { expected: expected.split(" ").slice(0, found.split(" ").length).join(" "), found };
  }

  #perform(entry: Transaction, facts: Facts | undefined, createdMs: number): string {
    const state = this.#state;
    const action = facts?.action;
    switch (entry.type) {
      case TransactionType.CREDIT:
        return this.#credit(entry, facts);
      case TransactionType.CHARGE:
        return charge(state, { do: "charge", amount: facts!.atoms, quote: undefined });
      case TransactionType.RESERVE: {
        if (action?.do !== "reserve") return "nobody reserved";
        const request = { do: "reserve", amount: facts!.atoms, capture: action.captures } as const;
        const answer = reserve(
          state,
          { ...request, end: "soon", quote: undefined },
          createdMs + action.ttlMs,
        );
        this.#holds.set(entry.reservationId, state.holds.at(-1)!);
        return answer;
      }
      case TransactionType.EXTEND: {
        if (action?.do !== "extend") return "nobody extended";
        const request = { do: "extend", hold: 0, held: facts!.heldAtoms, more: action.more } as const;
        const end = action.ttlMs === undefined ? "as it is" : "later";
        const hold = this.#hold(entry);
        return extend(state, hold, { ...request, end }, createdMs + (action.ttlMs ?? 0), keep);
      }
      case TransactionType.COMMIT: {
        if (action?.do !== "commit") return "nobody committed";
        const request = { ...action, hold: 0, amount: facts!.atoms, quote: undefined };
        return commit(state, this.#hold(entry), request, keep);
      }
      case TransactionType.RELEASE:
        return release(state, this.#hold(entry), keep);
      case TransactionType.ADJUSTMENT:
        if (action?.do !== "adjust") return "nobody adjusted";
        return adjust(state, action.atoms, action.allowNegative);
      case TransactionType.REFUND: {
        if (action?.do !== "refund") return "nobody refunded";
        return refund(state, {
          do: "refund",
          entry: this.#sequences.get(facts!.names)!,
          amount: action.atoms,
        });
      }
      case TransactionType.CREDIT_REVERSED:
        return this.#reverse(entry, facts);
      default:
        return this.#performUnasked(entry);
    }
  }

  /** What happens by itself, or by Admin's hand. */
  #performUnasked(entry: Transaction): string {
    const state = this.#state;
    switch (entry.type) {
      case TransactionType.HOLD_EXPIRED:
        if (!expireDue(state, this.#hold(entry))) return "the hold was not over";
        return answerOf(state, state.entries.size);
      case TransactionType.GRANT_EXPIRED: {
        const grantId = entry.legs.find(({ grantId }) => grantId !== "")?.grantId ?? "";
        if (!expireGrant(state, grantOf(state, this.#sequences.get(grantId)!)))
          return "the grant was not over";
        return answerOf(state, state.entries.size);
      }
      case TransactionType.ACCOUNT_FROZEN:
        setFreeze(state, `freeze ${entry.sequence}`, true);
        return answerOf(state, state.entries.size);
      case TransactionType.ACCOUNT_UNFROZEN:
        setFreeze(state, state.freezes[0] ?? "", false);
        return answerOf(state, state.entries.size);
      default:
        return `nobody did ${typeName(entry.type)}`;
    }
  }

  #credit(entry: Transaction, facts: Facts | undefined): string {
    const action = facts?.action;
    const grant = action?.do === "credit" ? action.grant : undefined;
    const request = {
      do: "credit",
      amount: facts?.atoms ?? atomsOf(entry.amount!.amount),
      reference: entry.externalReference === "" ? "" : `${entry.source}:${entry.externalReference}`,
      kind: action?.do === "credit" ? action.kind : "PURCHASED",
      grant: grant && ({ priority: grant.priority, end: "never" } as const),
      quote: undefined,
    } as const;
    return credit(this.#state, request, facts?.endsAtMs ?? Number.POSITIVE_INFINITY);
  }

  /** By Admin's hand the total follows from the entry; that it is the right one shows when the payment is checked. */
  #reverse(entry: Transaction, facts: Facts | undefined): string {
    const reference = `${entry.source}:${entry.externalReference}`;
    const known = this.#state.references.get(reference)!;
    const action = facts?.action;
    const before = known.reversed;
    const total =
      action?.do === "reverse"
        ? action.totalAtoms
        : before + this.#state.funded - atomsOf(entry.balanceAfter!.funded!.amount);
    const revision = action?.do === "reverse" ? action.revision : known.revision + 1;
    return reverse(this.#state, { do: "reverse", reference, total, revision });
  }

  #hold({ reservationId }: Transaction): ModelHold {
    const hold = this.#holds.get(reservationId);
    if (hold === undefined) throw new Error(`no hold ${reservationId}`);
    return hold;
  }
}

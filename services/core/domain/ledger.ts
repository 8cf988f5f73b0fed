import { chargeCall } from "../store/calls/charge.ts";
import { commitCall } from "../store/calls/commit.ts";
import { createAccountCall } from "../store/calls/create-account.ts";
import { creditCall } from "../store/calls/credit.ts";
import { expireGrantCall } from "../store/calls/expire-grant.ts";
import { expireHoldCall } from "../store/calls/expire-hold.ts";
import { extendCall } from "../store/calls/extend.ts";
import { findReplayCall } from "../store/calls/find-replay.ts";
import { readAccountCall } from "../store/calls/read-account.ts";
import { readReservationCall } from "../store/calls/read-reservation.ts";
import { releaseCall } from "../store/calls/release.ts";
import { reserveCall } from "../store/calls/reserve.ts";
import type { FunctionCall } from "../store/function-call.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import type { PostingReply } from "../store/posting-reply.ts";
import { creationDigest, encodeSettings, type NewAccount } from "./account.ts";
import { CoreError } from "./core-error.ts";
import type { Idempotency } from "./idempotency.ts";
import {
  checkPosting,
  requireInt64,
  requireReservation,
  requireSize,
  toArguments,
} from "./operation-checks.ts";
import {
  type Charge,
  type Commit,
  type Credit,
  type CreditReference,
  type Extend,
  mostMemoBytes,
  mostTermsBytes,
  type Release,
  type Reserve,
} from "./operations.ts";
import { type Reservation, toReservation } from "./reservation.ts";
import {
  type AccountResult,
  type HoldResult,
  type LedgerUnit,
  type PostingResult,
  type Replay,
  toAccountResult,
  toHoldResult,
  toPostingResult,
  toUnit,
} from "./results.ts";
import { runCall } from "./run-call.ts";

/**
 * The ledger: accounts, their columns and their journal. All amounts are atoms of the account's ledger scale,
 * all times epoch milliseconds. Refusals are CoreError; a refused call has changed nothing, save the expiry
 * of a hold that was due.
 */
export class Ledger {
  readonly #store: LedgerStore;

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  /** Creates an account; the same settings again answer with it. ACCOUNT_EXISTS, AMOUNT_OVERFLOW. */
  async createAccount(input: NewAccount): Promise<AccountResult> {
    requireInt64(input.creditLimitAtoms);
    const settings = encodeSettings(input.settings);
    requireSize("settings", settings, mostMemoBytes);
    const reply = await this.#run(
      input.accountId,
      createAccountCall({ ...input, settings, digest: creationDigest(input) }),
    );
    return toAccountResult(input.accountId, reply);
  }

  /** Reads an account with its balance. ACCOUNT_NOT_FOUND. */
  async getAccount(accountId: string): Promise<AccountResult> {
    return toAccountResult(accountId, await this.#run(accountId, readAccountCall(accountId)));
  }

  /**
   * Brings money in. A repeated external reference answers as the first time. ACCOUNT_NOT_FOUND,
   * ACCOUNT_CLOSED, AMOUNT_OVERFLOW, REFERENCE_REUSED, IDEMPOTENCY_KEY_REUSED; for a grant also
   * TIME_OUT_OF_RANGE (expired already) and GRANT_LIMIT_REACHED.
   */
  async credit(input: Credit): Promise<PostingResult> {
    if (input.amountAtoms === 0n) throw new CoreError("AMOUNT_INVALID", "a credit must be more than 0");
    return this.#post(input.accountId, creditCall({ ...input, ...checkPosting(input) }));
  }

  /**
   * Debits at once. ACCOUNT_NOT_FOUND, ACCOUNT_FROZEN, ACCOUNT_CLOSED, INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW,
   * IDEMPOTENCY_KEY_REUSED.
   */
  async charge(input: Charge): Promise<PostingResult> {
    return this.#post(input.accountId, chargeCall({ ...input, ...checkPosting(input) }));
  }

  /** Holds money. As charge, and RESERVATION_LIMIT_REACHED. */
  async reserve(input: Reserve): Promise<HoldResult> {
    requireSize("terms", input.terms, mostTermsBytes);
    return this.#postHold(input.accountId, reserveCall({ ...input, ...checkPosting(input) }));
  }

  /**
   * Settles a hold. RESERVATION_NOT_FOUND, RESERVATION_EXPIRED, RESERVATION_ALREADY_COMMITTED,
   * RESERVATION_ALREADY_RELEASED, AMOUNT_EXCEEDS_RESERVATION (keepOpen), INSUFFICIENT_FUNDS (REJECT),
   * ACCOUNT_CLOSED, AMOUNT_OVERFLOW, IDEMPOTENCY_KEY_REUSED.
   */
  async commit(input: Commit): Promise<HoldResult> {
    const { accountId, sequence, day } = requireReservation(input.reservationId);
    const call = commitCall({
      ...input,
      ...checkPosting(input),
      accountId,
      holdSequence: sequence,
      holdDay: day,
    });
    return this.#postHold(accountId, call);
  }

  /**
   * Extends a hold. RESERVATION_NOT_FOUND, RESERVATION_EXPIRED, RESERVATION_ALREADY_COMMITTED,
   * RESERVATION_ALREADY_RELEASED, TIME_OUT_OF_RANGE, AMOUNT_INVALID (less than held), ACCOUNT_FROZEN (to more),
   * INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW, IDEMPOTENCY_KEY_REUSED.
   */
  async extend(input: Extend): Promise<HoldResult> {
    const { accountId, sequence, day } = requireReservation(input.reservationId);
    const { remainingAtoms: amountAtoms = 0n } = input;
    const checked = checkPosting({ ...input, amountAtoms });
    const call = extendCall({ ...input, ...checked, accountId, holdSequence: sequence, holdDay: day });
    return this.#postHold(accountId, call);
  }

  /**
   * Frees what remains of a hold; on a released or expired hold it answers with the transaction that freed
   * it. RESERVATION_NOT_FOUND, RESERVATION_ALREADY_COMMITTED, IDEMPOTENCY_KEY_REUSED.
   */
  async release(input: Release): Promise<HoldResult> {
    const { accountId, sequence, day } = requireReservation(input.reservationId);
    const idempotency = toArguments(input.idempotency);
    requireSize("memo", input.memo, mostMemoBytes);
    return this.#postHold(
      accountId,
      releaseCall({ accountId, idempotency, memo: input.memo, holdSequence: sequence, holdDay: day }),
    );
  }

  /** Reads a hold, also for 7 days after its end. RESERVATION_NOT_FOUND. */
  async getReservation(reservationId: string): Promise<{ reservation: Reservation; unit: LedgerUnit }> {
    const { accountId, sequence, day } = requireReservation(reservationId);
    const reply = await this.#run(accountId, readReservationCall(accountId, sequence, day));
    return { reservation: toReservation(accountId, reply.hold, reply.terms), unit: toUnit(reply) };
  }

  /** Performs the expiry of a hold if it is due; true if this call did it. RESERVATION_NOT_FOUND. */
  async expireHold(reservationId: string): Promise<boolean> {
    const { accountId, sequence, day } = requireReservation(reservationId);
    const { outcome } = await this.#run(accountId, expireHoldCall(accountId, sequence, day));
    return outcome === "EXPIRED";
  }

  /** Performs the expiry of a grant if it is due; true if this call did it. ACCOUNT_NOT_FOUND. */
  async expireGrant(accountId: string, grantSequence: number): Promise<boolean> {
    const { outcome } = await this.#run(accountId, expireGrantCall(accountId, grantSequence));
    return outcome === "EXPIRED";
  }

  /**
   * The first answer to a repeated call, so that it is given before anything is priced or converted;
   * undefined for a new call. `reference` also finds a credit by its external reference.
   * IDEMPOTENCY_KEY_REUSED, REFERENCE_REUSED.
   */
  async findReplay(
    accountId: string,
    idempotency: Idempotency,
    reference?: CreditReference,
  ): Promise<Replay | undefined> {
    const call = findReplayCall({ accountId, idempotency: toArguments(idempotency), reference });
    const reply = await this.#run(accountId, call);
    if (reply === undefined) return undefined;
    const { hold } = reply.entry;
    if (hold === undefined) return { ...toPostingResult(accountId, reply), reservation: undefined };
    if (reply.entry.type === "RESERVE") return toHoldResult(accountId, reply);
    const { terms } = await this.#run(accountId, readReservationCall(accountId, hold.sequence, hold.day));
    return toHoldResult(accountId, { ...reply, terms });
  }

  async #post(accountId: string, call: FunctionCall<PostingReply>): Promise<PostingResult> {
    return toPostingResult(accountId, await this.#run(accountId, call));
  }

  async #postHold(accountId: string, call: FunctionCall<PostingReply>): Promise<HoldResult> {
    return toHoldResult(accountId, await this.#run(accountId, call));
  }

  #run<T>(accountId: string, call: FunctionCall<T>): Promise<T> {
    return runCall(this.#store, accountId, call);
  }
}

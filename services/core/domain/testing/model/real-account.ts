import assert from "node:assert/strict";
import { readServerTimeMs, waitUntilServerTime } from "../../../store/testing/test-store.ts";
import { CoreError } from "../../core-error.ts";
import type { Idempotency } from "../../idempotency.ts";
import type { GrantTerms } from "../../operations.ts";
import type { Reservation } from "../../reservation.ts";
import { decodeTransactionId, encodeTransactionId } from "../../resource-id.ts";
import type { AccountResult, HoldResult, PostingResult } from "../../results.ts";
import { idempotencyOf, type TestLedger } from "../test-ledger.ts";
import type { ModelCredit, ModelExtend, ModelOperation, ModelQuote, ModelReversal } from "./operations.ts";

const hourMs = 3_600_000;
const longestHoldMs = 24 * hourMs;
/** Long enough for some operations. */
const soonMs = 30;

/** What an operation came to. */
export interface Outcome {
  /** In the words of the model. */
  readonly answer: string;
  /** What an end that the operation named came to; Infinity for none. */
  readonly expiresMs: number;
}

/** Plays operations on an account of the real ledger and answers in the model's words. */
export class RealAccount {
  readonly accountId: string;
  readonly holds: Reservation[] = [];
  /** Sequences of the grants. */
  readonly grants: number[] = [];
  configVersion = 1;
  readonly #ledger: TestLedger;
  readonly #startMs: number;

  constructor(ledger: TestLedger, accountId: string, startMs: number) {
    this.#ledger = ledger;
    this.accountId = accountId;
    this.#startMs = startMs;
  }

  async perform(request: ModelOperation, key: string): Promise<Outcome> {
    const ends = { ms: Number.POSITIVE_INFINITY };
    const call = { idempotency: idempotencyOf(request.do, request, key), memo: "" };
    try {
      return { answer: await this.#perform(request, call, ends), expiresMs: ends.ms };
    } catch (error) {
      if (error instanceof CoreError) return { answer: error.reason, expiresMs: ends.ms };
      throw error;
    }
  }

  async #perform(request: ModelOperation, call: Call, ends: { ms: number }): Promise<string> {
    const { accountId } = this;
    const ledger = this.#ledger;
    switch (request.do) {
      case "credit":
        return this.#credit(request, call, ends);
      case "charge":
        return describe(
          await ledger.charge(accountId, request.amount, { ...call, ...quoteOf(request.quote) }),
        );
      case "reserve": {
        const holdTtlMs = request.end === "soon" ? soonMs : hourMs;
        const onExpiry = request.capture ? "CAPTURE" : "RELEASE";
        const more = { ...call, ...quoteOf(request.quote), holdTtlMs, onExpiry } as const;
        const result = await ledger.reserve(accountId, request.amount, more);
        const { expiresMs, createdMs } = result.reservation;
        assert.equal(expiresMs - createdMs, holdTtlMs);
        if (!result.idempotentReplay) this.holds.push(result.reservation);
        ends.ms = expiresMs;
        return describeHold(result);
      }
      case "commit": {
        const { overage, keepOpen, acceptExpired } = request;
        const more = { ...call, ...quoteOf(request.quote), overage, keepOpen, acceptExpired };
        return describeHold(await ledger.commit(this.#holdId(request.hold), request.amount, more));
      }
      case "extend":
        return this.#extend(request, call, ends);
      case "release":
        return describeHold(await ledger.release(this.#holdId(request.hold), call));
      case "expire":
        return (await ledger.ledger.expireHold(this.#holdId(request.hold))) ? "expired" : "unchanged";
      case "read": {
        const { reservation } = await ledger.ledger.getReservation(this.#holdId(request.hold));
        return describeReservation(reservation);
      }
      case "expire grant": {
        const sequence = this.grants[request.grant]!;
        return (await ledger.ledger.expireGrant(accountId, sequence)) ? "expired" : "unchanged";
      }
      case "wait":
        return "ok";
      default:
        return this.#correct(request, call);
    }
  }

  async #correct(
    request: Extract<
      ModelOperation,
      { do: "refund" | "reverse" | "adjust" | "freeze" | "unfreeze" | "update" | "close" }
    >,
    call: Call,
  ): Promise<string> {
    const { accountId } = this;
    const { corrections, administration } = this.#ledger;
    switch (request.do) {
      case "refund": {
        const transactionId = encodeTransactionId({ accountId, sequence: request.entry });
        return describe(await corrections.refund({ ...call, transactionId, amountAtoms: request.amount }));
      }
      case "reverse":
        return this.#reverse(request, call);
      case "adjust": {
        const { amount, allowNegative } = request;
        return describe(await corrections.adjust({ ...call, accountId, amountAtoms: amount, allowNegative }));
      }
      case "freeze":
      case "unfreeze":
        return this.#describeAccount(
          await administration[request.do]({ accountId, freezeReason: request.reason, comment: "" }),
        );
      case "update": {
        const configVersion = BigInt(this.configVersion + (request.stale ? 1 : 0));
        const unchanged = {
          priceBook: undefined,
          setLabels: {},
          removeLabels: [],
          lowBalanceThresholds: undefined,
          comment: "",
        };
        const change = { accountId, configVersion, creditLimitAtoms: request.limit, ...unchanged };
        return this.#describeAccount(await administration.update(change));
      }
      case "close": {
        const version = { any: 0, right: this.configVersion, stale: this.configVersion + 1 }[request.version];
        return this.#describeAccount(await administration.close(accountId, BigInt(version), ""));
      }
    }
  }

  async #credit(request: ModelCredit, call: Call, ends: { ms: number }): Promise<string> {
    const { amount, reference, kind, grant, quote } = request;
    for (let marginMs = soonMs; ; marginMs *= 2) {
      ends.ms = grant === undefined ? Number.POSITIVE_INFINITY : await this.#endOf(grant.end, marginMs);
      const terms: GrantTerms | undefined = grant && {
        priority: grant.priority,
        expiresMs: ends.ms === Number.POSITIVE_INFINITY ? undefined : ends.ms,
      };
      const more = { ...call, ...quoteOf(quote), externalReference: reference, kind, grant: terms };
      try {
        const result = await this.#ledger.credit(this.accountId, amount, more);
        if (!result.idempotentReplay && terms !== undefined) this.grants.push(result.transaction.sequence);
        return describe(result);
      } catch (error) {
        // The machine was slower than the margin: the end was over when the call came.
        if (!(error instanceof CoreError && error.reason === "TIME_OUT_OF_RANGE")) throw error;
      }
    }
  }

  async #endOf(end: NonNullable<ModelCredit["grant"]>["end"], marginMs: number): Promise<number> {
    if (end === "soon") return (await readServerTimeMs(this.#ledger)) + marginMs;
    return end === "never" ? Number.POSITIVE_INFINITY : this.#startMs + hourMs * (end === "in 1 h" ? 1 : 2);
  }

  async #extend(request: ModelExtend, call: Call, ends: { ms: number }): Promise<string> {
    const hold = this.#hold(request.hold);
    const ttlsMs = { "as it is": undefined, later: 2 * hourMs, "too soon": 1, "too late": longestHoldMs };
    const holdTtlMs = ttlsMs[request.end];
    if (request.end === "too late") await waitUntilServerTime(this.#ledger, hold.createdMs + 1);
    const remainingAtoms = request.more === undefined ? undefined : request.held + request.more;
    const result = await this.#ledger.extend(hold.reservationId, { ...call, holdTtlMs, remainingAtoms });
    const { transaction, reservation } = result;
    if (holdTtlMs !== undefined) assert.equal(reservation.expiresMs - transaction.createdMs, holdTtlMs);
    ends.ms = reservation.expiresMs;
    return describeHold(result);
  }

  async #reverse({ reference, total, revision }: ModelReversal, call: Call): Promise<string> {
    const credit = { accountId: this.accountId, source: "admin", externalReference: reference };
    const request = { ...call, ...credit, reversedAtoms: total, revision: BigInt(revision) };
    const result = await this.#ledger.corrections.reverseCredit(request);
    const { transaction, superseded, idempotentReplay } = result;
    if (transaction !== undefined) return describe({ ...result, transaction });
    const state = superseded ? "superseded" : "unchanged";
    return `${idempotentReplay ? "replay " : ""}${state} ${columnsOf(result)}`;
  }

  #hold(index: number): Reservation {
    return this.holds[index]!;
  }

  #holdId(index: number): string {
    return this.#hold(index).reservationId;
  }

  #describeAccount({ account, idempotentReplay }: AccountResult): string {
    const { state, freezeReasons, configVersion, creditLimitAtoms } = account;
    this.configVersion = configVersion;
    const outcome = idempotentReplay ? "unchanged" : "ok";
    return `${outcome} ${state} ${freezeReasons.join("+")} v${configVersion} limit=${creditLimitAtoms}`;
  }
}

interface Call {
  readonly idempotency: Idempotency;
  readonly memo: string;
}

/** Never over while a test runs. */
const quoteEndMs = Date.UTC(2100, 0);

function quoteOf(quote: ModelQuote | undefined) {
  if (quote === undefined) return {};
  return { quote: { quoteId: `quote-${quote}`, maxUses: quote, expiresMs: quoteEndMs } };
}

function columnsOf({ balance }: Pick<PostingResult, "balance">): string {
  const { availableAtoms, reservedAtoms, fundedAtoms, spentAtoms, expiredAtoms } = balance;
  return [availableAtoms, reservedAtoms, fundedAtoms, spentAtoms, expiredAtoms].join(" ");
}

function describe(result: PostingResult): string {
  const { transaction, idempotentReplay } = result;
  const { sequence, amountAtoms, uncollectedAtoms } = transaction;
  const answer = `ok #${sequence} amount=${amountAtoms} uncollected=${uncollectedAtoms} ${columnsOf(result)}`;
  return idempotentReplay ? `replay ${answer}` : answer;
}

function describeHold(result: HoldResult): string {
  return `${describe(result)} ${describeReservation(result.reservation)}`;
}

function describeReservation(reservation: Reservation): string {
  const { state, remainingAtoms, capturedAtoms, settlingTransactionIds } = reservation;
  const settlements = settlingTransactionIds.map((id) => decodeTransactionId(id)?.sequence);
  return `${state} ${remainingAtoms}/${capturedAtoms} by ${settlements.join("+")}`;
}

import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { FunctionRefusal } from "../store/store-fault.ts";
import type { Account } from "./account.ts";
import type { AmountDerivation } from "./amount-derivation.ts";
import type { Hold } from "./call-rate.ts";
import { CoreError } from "./core-error.ts";
import { decodeHoldTerms, encodeHoldTerms } from "./hold-terms.ts";
import type { Idempotency } from "./idempotency.ts";
import { KnownUnits } from "./known-units.ts";
import type { Ledger } from "./ledger.ts";
import { type Annotations, encodeMemo } from "./memo.ts";
import type { Commit, Credit, Extend, Reserve } from "./operations.ts";
import { ownAmount } from "./own-amount.ts";
import { noLock } from "./price-lock.ts";
import type { RatedAccount, RatedAmount, RatedHold, Rating, RequestedPrice } from "./rating.ts";
import { decodeReservationId } from "./resource-id.ts";
import type { AccountResult, HoldResult, LedgerUnit, PostingResult } from "./results.ts";

/** What every call that moves money says. */
interface Request extends Annotations {
  readonly idempotency: Idempotency;
}

/** Money in. */
export interface CreditRequest
  extends Request,
    Pick<Credit, "source" | "externalReference" | "kind" | "grant"> {
  readonly accountId: string;
  readonly money: Money;
  readonly quoteId: string;
}

/** A debit. */
export interface ChargeRequest extends Request {
  readonly accountId: string;
  readonly price: RequestedPrice;
}

/** Books a charge that was rated; called once. */
export type PreparedCharge = () => Promise<PostingResult>;

/** A hold. */
export interface ReserveRequest extends ChargeRequest, Pick<Reserve, "holdTtlMs" | "onExpiry"> {}

/** An extension. */
export interface ExtendRequest extends Request, Pick<Extend, "reservationId" | "holdTtlMs"> {
  /** Undefined leaves what is held. */
  readonly remaining: Money | undefined;
}

/** A settlement. */
export interface CommitRequest extends Request, Pick<Commit, "overage" | "keepOpen" | "acceptExpired"> {
  readonly reservationId: string;
  readonly price: RequestedPrice;
}

/** Books an amount that was derived in a unit. */
type Booking<T> = (derivation: RatedAmount, unit: LedgerUnit) => Promise<T>;

/**
 * The money-moving calls: the amount is rated, then booked in one step. An amount in the currency of an account that
 * is known is booked without reading the account. A call that needs Pricing or Exchange looks first whether it was answered before, so that a retry is answered even when the price is gone or the
 * rate is stale by now; the ledger looks again when it books.
 */
export class Billing {
  readonly #ledger: Ledger;
  readonly #rating: Rating;
  readonly #units = new KnownUnits();

  constructor(ledger: Ledger, rating: Rating) {
    this.#ledger = ledger;
    this.#rating = rating;
  }

  async credit(request: CreditRequest): Promise<PostingResult> {
    const { accountId, idempotency, source, externalReference } = request;
    const amountSent = `${request.money.currencyCode} ${Decimal.parse(request.money.amount)}`;
    const { account } = await this.#readAccount(accountId);
    if (request.money.currencyCode !== account.currencyCode) {
      const reference = externalReference === "" ? undefined : { source, externalReference, amountSent };
      const replay = await this.#ledger.findReplay(accountId, idempotency, reference);
      if (replay !== undefined) return replay;
    }
    const derivation = await this.#rating.rateCredit(ratedAccount(account), request.money, request.quoteId);
    requirePositive(derivation);
    return this.#ledger.credit({
      accountId,
      idempotency,
      amountAtoms: derivation.amountAtoms,
      source,
      externalReference,
      kind: request.kind,
      grant: request.grant,
      amountSent,
      quote: derivation.quote,
      memo: encodeMemo(request, [], derivation),
    });
  }

  charge(request: ChargeRequest): Promise<PostingResult> {
    const { accountId, price } = request;
    const book = this.#bookCharge(request);
    return this.#bookOwn(accountId, price, book, async () => (await this.#prepareAfterReading(request))());
  }

  /** Reads and rates a charge, so that many can be rated at once and then booked in order. */
  async prepareCharge(request: ChargeRequest): Promise<PreparedCharge> {
    const { accountId, price } = request;
    const known = this.#units.get(accountId);
    if (known !== undefined && ownAmount(price, known) !== undefined) return () => this.charge(request);
    return this.#prepareAfterReading(request);
  }

  async #prepareAfterReading(request: ChargeRequest): Promise<PreparedCharge> {
    const { accountId, price, idempotency } = request;
    const { account, serverTimeMs } = await this.#readAccount(accountId);
    const replay = needsPeers(price, account)
      ? await this.#ledger.findReplay(accountId, idempotency)
      : undefined;
    if (replay !== undefined) return async () => replay;
    const derivation = await this.#rating.rateCharge(ratedAccount(account), price, serverTimeMs);
    if (price.kind === "amount") requirePositive(derivation);
    return () => this.#bookCharge(request)(derivation, account);
  }

  #bookCharge(request: ChargeRequest): Booking<PostingResult> {
    const { accountId, price, idempotency } = request;
    return async (derivation, unit) => {
      if (price.kind === "amount") requirePositive(derivation);
      return this.#ledger.charge({
        accountId,
        idempotency,
        amountAtoms: derivation.amountAtoms,
        unit,
        quote: derivation.quote,
        memo: encodeMemo(request, usagesOf(price), derivation),
      });
    };
  }

  reserve(request: ReserveRequest): Promise<HoldResult> {
    const book: Booking<HoldResult> = (derivation, unit) =>
      this.#bookHold(request, { derivation, lock: noLock }, unit);
    return this.#bookOwn(request.accountId, request.price, book, () => this.#reserveAfterReading(request));
  }

  async #reserveAfterReading(request: ReserveRequest): Promise<HoldResult> {
    const { accountId, price, idempotency } = request;
    const { account, serverTimeMs } = await this.#readAccount(accountId);
    const replay = await this.#findHoldReplay(account, idempotency, needsPeers(price, account));
    if (replay !== undefined) return replay;
    const rated = await this.#rating.rateHold(ratedAccount(account), price, serverTimeMs);
    return this.#bookHold(request, rated, account);
  }

  async #bookHold(
    request: ReserveRequest,
    { derivation, lock }: RatedHold,
    unit: LedgerUnit,
  ): Promise<HoldResult> {
    const { accountId, price, idempotency, holdTtlMs, onExpiry } = request;
    if (price.kind === "amount") requirePositive(derivation);
    return this.#ledger.reserve({
      accountId,
      idempotency,
      amountAtoms: derivation.amountAtoms,
      unit,
      holdTtlMs,
      onExpiry,
      quote: derivation.quote,
      terms: encodeHoldTerms({ ...lock, description: request.description, metadata: request.metadata }),
      memo: encodeMemo(request, usagesOf(price), derivation),
    });
  }

  async extend(request: ExtendRequest): Promise<HoldResult> {
    const { reservationId, remaining } = request;
    if (remaining === undefined) return this.#bookExtension(request, undefined);
    const { account, hold } = await this.#readHold(reservationId);
    const converts = remaining.currencyCode !== account.currencyCode;
    const replay = await this.#findHoldReplay(account, request.idempotency, converts);
    if (replay !== undefined) return replay;
    const derivation = await this.#rating.rateExtension(ratedAccount(account), remaining, hold);
    return this.#bookExtension(request, derivation);
  }

  commit(request: CommitRequest): Promise<HoldResult> {
    const accountId = decodeReservationId(request.reservationId)?.accountId ?? "";
    const book: Booking<HoldResult> = (derivation, unit) => this.#bookCommit(request, derivation, unit);
    return this.#bookOwn(accountId, request.price, book, () => this.#commitAfterReading(request));
  }

  async #commitAfterReading(request: CommitRequest): Promise<HoldResult> {
    const { reservationId, price, idempotency } = request;
    const { account, hold } = await this.#readHold(reservationId);
    const replay = await this.#findHoldReplay(account, idempotency, needsPeers(price, account));
    if (replay !== undefined) return replay;
    const derivation = await this.#rating.rateCommit(ratedAccount(account), price, hold);
    return this.#bookCommit(request, derivation, account);
  }

  #bookCommit(request: CommitRequest, derivation: RatedAmount, unit: LedgerUnit): Promise<HoldResult> {
    const { reservationId, price, idempotency } = request;
    return this.#ledger.commit({
      reservationId,
      idempotency,
      amountAtoms: derivation.amountAtoms,
      unit,
      overage: request.overage,
      keepOpen: request.keepOpen,
      acceptExpired: request.acceptExpired,
      quote: derivation.quote,
      memo: encodeMemo(request, usagesOf(price), derivation),
    });
  }

  release(request: Request & { readonly reservationId: string }): Promise<HoldResult> {
    const { reservationId, idempotency } = request;
    return this.#ledger.release({ reservationId, idempotency, memo: encodeMemo(request, [], undefined) });
  }

  #bookExtension(request: ExtendRequest, derivation: AmountDerivation | undefined): Promise<HoldResult> {
    const { reservationId, idempotency, holdTtlMs } = request;
    return this.#ledger.extend({
      reservationId,
      idempotency,
      holdTtlMs,
      remainingAtoms: derivation?.amountAtoms,
      memo: encodeMemo(request, [], derivation),
    });
  }

  /** Books an own amount of a known account at once; any other, or if the account has another unit, after reading. */
  async #bookOwn<T>(
    accountId: string,
    price: RequestedPrice,
    book: Booking<T>,
    afterReading: () => Promise<T>,
  ): Promise<T> {
    const unit = this.#units.get(accountId);
    const derivation = unit && ownAmount(price, unit);
    if (unit === undefined || derivation === undefined) return afterReading();
    try {
      return await book(derivation, unit);
    } catch (error) {
      if (!(error instanceof FunctionRefusal) || error.reason !== "UNIT_DIFFERS") throw error;
      this.#units.forget(accountId);
      return afterReading();
    }
  }

  async #readAccount(accountId: string): Promise<AccountResult> {
    const result = await this.#ledger.getAccount(accountId);
    this.#units.remember(accountId, result.account);
    return result;
  }

  /** A hold, first because it alone says whether there is such an account. RESERVATION_NOT_FOUND. */
  async #readHold(reservationId: string): Promise<{ account: Account; hold: Hold }> {
    const { reservation } = await this.#ledger.getReservation(reservationId);
    const { account } = await this.#readAccount(reservation.accountId);
    const hold = { lock: decodeHoldTerms(reservation.terms), createdAtMs: reservation.createdMs };
    return { account, hold };
  }

  /** The first answer to a call on a hold that needs Pricing or Exchange; the ledger itself looks for others. */
  async #findHoldReplay(
    { accountId }: Account,
    idempotency: Idempotency,
    needsPeers: boolean,
  ): Promise<HoldResult | undefined> {
    const replay = needsPeers ? await this.#ledger.findReplay(accountId, idempotency) : undefined;
    return replay?.reservation && { ...replay, reservation: replay.reservation };
  }
}

/** An account as rating sees it. */
export function ratedAccount({ accountId, currencyCode, ledgerScale, settings }: Account): RatedAccount {
  return { accountId, currencyCode, ledgerScale, priceBook: settings.priceBook };
}

function needsPeers(price: RequestedPrice, account: Account): boolean {
  return price.kind === "usage" || price.money.currencyCode !== account.currencyCode;
}

function usagesOf(price: RequestedPrice) {
  return price.kind === "usage" ? price.usages : [];
}

function requirePositive({ amountAtoms }: AmountDerivation): void {
  if (amountAtoms <= 0n) throw new CoreError("AMOUNT_INVALID", "amount: must be more than 0");
}
